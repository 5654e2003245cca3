"""The sync process: one thread per tenant, leases, one listener; it must not reach past the services."""
