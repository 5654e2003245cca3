"""Redmine: its connector and how to open it; it must not know any other app."""

from server.connectors.redmine.connector import Redmine, open_redmine
from server.connectors.redmine.manifest import MANIFEST

open = open_redmine  # noqa: A001 - every connector's door has this name

__all__ = ["MANIFEST", "Redmine", "open"]
