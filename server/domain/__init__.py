"""The words of the product as values; it must not reach any framework, clock, network or database."""
