"""Message in, what to show out: plain Python that knows no Qt and asks nobody anything."""
