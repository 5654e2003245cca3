"""What Redmine can do and which settings a connection to it needs; it must not talk to it."""

from __future__ import annotations

import re
from datetime import timedelta

from server.connectors.base import Capabilities, Manifest, Setting, SettingKind
from server.connectors.redmine.address import address
from server.connectors.redmine.hint import hint
from server.connectors.zones import TIME_ZONE
from server.domain.values import FileNames, TextFormat

TEXT_FORMATS = {
    "textile": TextFormat.TEXTILE,
    "markdown": TextFormat.MARKDOWN,
    "common_mark": TextFormat.MARKDOWN,
}
"""Redmine's names of its text formats, and the markup that each is."""

MANIFEST = Manifest(
    kind="redmine",
    title="Redmine",
    settings=(
        Setting("url", "Address", SettingKind.URL, help="Such as https://redmine.example.com"),
        Setting(
            "api_key",
            "API access key",
            SettingKind.SECRET,
            help="Shown on the page “My account” of the user who does the syncing. "
            "REST web services must be on (Administration, Settings, API).",
        ),
        Setting(
            "text_format",
            "Text formatting",
            SettingKind.CHOICE,
            help="As set under Administration, Settings, General. Redmine does not tell it to programs.",
            default="textile",
            choices=tuple(TEXT_FORMATS),
        ),
        Setting(
            "marker_field",
            "Field for the correlation id",
            SettingKind.TEXT,
            required=False,
            help="Name or number of a text custom field for issues, “used as a filter”, for all projects. "
            "With it a create whose answer was lost is found again with certainty.",
        ),
        TIME_ZONE,
    ),
    capabilities=Capabilities(
        marker_lag=timedelta(0),
        overlap=timedelta(seconds=2),
        parallel=4,
        private_comments=True,
        edits_comments=True,
        deletes_comments=True,
        attachments=True,
        deletes_attachments=True,
        links=True,
        deletes_items=True,
        file_names=FileNames(refused="\\/?%*:|\"'<>"),
        restricted_items=True,
        silent_edits="edits of notes",
    ),
    hint=hint,
    address=address,
    key=re.compile(r"[1-9][0-9]{0,9}"),
)
