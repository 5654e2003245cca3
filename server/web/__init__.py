"""The web node: requests in, use cases called, replies out; it must not decide anything that a use case decides."""
