"""The demonstration: two real trackers, seeded, edited and compared; it must not use the server's code."""
