"""A model of an app that fails on purpose: the other end of the histories; it must not know the engine."""

from tests.property.model.account import ModelConnector
from tests.property.model.app import FIELDS, START, ModelApp
from tests.property.model.fates import MISFORTUNES, Fate, Killed
from tests.property.model.quirks import folded, rendered, trimmed
from tests.property.model.record import Record, Removed, Typed, moment

__all__ = [
    "FIELDS",
    "MISFORTUNES",
    "START",
    "Fate",
    "Killed",
    "ModelApp",
    "ModelConnector",
    "Record",
    "Removed",
    "Typed",
    "folded",
    "moment",
    "rendered",
    "trimmed",
]
