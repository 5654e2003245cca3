"""Decisions as functions of values; it must not reach a network, a database, a clock or chance."""
