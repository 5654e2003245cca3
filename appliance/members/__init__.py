"""The processes that one appliance supervises; each file has the same face: prepare, start, stop, health."""
