"""One host: installs, supervises, saves and upgrades; it must not import the server or the console."""
