"""Hostile input without end, drawn at random: against the web process, the gateway, the sync process and PostgreSQL."""
