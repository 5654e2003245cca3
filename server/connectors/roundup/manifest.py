"""What Roundup can do and which settings a connection to it needs; it must not talk to it."""

from __future__ import annotations

import re
from datetime import timedelta

from server.connectors.audience import RESTRICTED_BY
from server.connectors.base import Capabilities, Manifest, Setting, SettingKind
from server.connectors.roundup.address import address
from server.connectors.zones import TIME_ZONE
from server.domain.values import FileNames, TextFormat

TEXT_FORMATS = {"plain": TextFormat.PLAIN, "markdown": TextFormat.MARKDOWN}
"""The choices of the setting, and the markup that each is."""

MANIFEST = Manifest(
    kind="roundup",
    title="Roundup",
    settings=(
        Setting("url", "Address", SettingKind.URL, help="Of the tracker, such as https://bugs.example.com/tracker"),
        Setting(
            "login",
            "Login",
            SettingKind.TEXT,
            help="The user who does the syncing. The role needs “Rest Access”, and the right to see, create and edit "
            "items, messages and files.",
        ),
        Setting("password", "Password", SettingKind.SECRET),
        Setting(
            "text_format",
            "Text formatting",
            SettingKind.CHOICE,
            required=False,
            help="How people write messages in this tracker; Roundup itself shows plain text.",
            default="plain",
            choices=tuple(TEXT_FORMATS),
        ),
        RESTRICTED_BY,
        TIME_ZONE,
    ),
    capabilities=Capabilities(
        marker_lag=timedelta(0),
        overlap=timedelta(seconds=2),
        parallel=4,
        private_comments=False,
        edits_comments=True,
        deletes_comments=True,
        attachments=True,
        deletes_attachments=True,
        links=True,
        deletes_items=True,
        file_names=FileNames(max_length=None, trims=True),
        restricted_items=True,
        silent_edits="edits of messages",
    ),
    address=address,
    key=re.compile(r"[A-Za-z_](?:[A-Za-z0-9_]{0,39}[A-Za-z_])?[1-9][0-9]{0,9}"),
)
