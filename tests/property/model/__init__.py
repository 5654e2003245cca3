"""A model of an app that fails on purpose: the other end of the histories; it must not know the engine."""

from tests.property.model.account import ModelConnector
from tests.property.model.app import FIELDS, PRIVATE, START, ModelApp
from tests.property.model.fates import MISFORTUNES, Fate, Killed
from tests.property.model.hanging import BLOCKED, BLOCKS, RELATES, SEEN_FROM_TARGET
from tests.property.model.quirks import folded, rendered, trimmed
from tests.property.model.record import Record, Related, Removed, Typed, moment

__all__ = [
    "BLOCKED",
    "BLOCKS",
    "FIELDS",
    "MISFORTUNES",
    "PRIVATE",
    "RELATES",
    "SEEN_FROM_TARGET",
    "START",
    "Fate",
    "Killed",
    "ModelApp",
    "ModelConnector",
    "Record",
    "Related",
    "Removed",
    "Typed",
    "folded",
    "moment",
    "rendered",
    "trimmed",
]
