"""One node of a cluster: the web process and the sync process; it must not know the appliance or the console."""
