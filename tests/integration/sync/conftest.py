"""The stage of the histories, for plain stories."""

from tests.property.conftest import stage

__all__ = ["stage"]
