"""What crosses the border to the panel: the one source of the OpenAPI document; it must not hold behaviour."""
