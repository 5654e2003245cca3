"""The use cases: plain functions on a tenant's scope, the only door to a tenant's data; no web, no threads."""
