"""A model of an app that fails on purpose: the other end of the histories; it must not know the engine."""

from tests.property.model.account import ModelConnector
from tests.property.model.app import FIELDS, START, ModelApp, Record
from tests.property.model.fates import Fate, Killed

__all__ = ["FIELDS", "START", "Fate", "Killed", "ModelApp", "ModelConnector", "Record"]
