"""What a person sees, one page a file; pages ask the agent only through their ``Session``."""
