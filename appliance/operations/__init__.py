"""What an appliance can do, one verb a file; each leaves the data whole when it is interrupted anywhere."""
