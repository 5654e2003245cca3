"""Roundup: its connector and how to open it; it must not know any other app."""

from server.connectors.roundup.connector import Roundup, open_roundup
from server.connectors.roundup.manifest import MANIFEST

open = open_roundup  # noqa: A001 - every connector's door has this name

__all__ = ["MANIFEST", "Roundup", "open"]
