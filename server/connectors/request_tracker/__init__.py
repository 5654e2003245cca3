"""Request Tracker: its connector and how to open it; it must not know any other app."""

from server.connectors.request_tracker.connector import RequestTracker, open_request_tracker
from server.connectors.request_tracker.manifest import MANIFEST

open = open_request_tracker  # noqa: A001 - every connector's door has this name

__all__ = ["MANIFEST", "RequestTracker", "open"]
