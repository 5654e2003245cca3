"""All SQL lives here, one file an aggregate; it must not decide anything that a rule of the product decides."""
