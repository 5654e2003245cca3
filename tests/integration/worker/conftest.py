"""The stage of the histories, for the worker's tests."""

from tests.property.conftest import stage

__all__ = ["stage"]
