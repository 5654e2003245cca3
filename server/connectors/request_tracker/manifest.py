"""What Request Tracker can do and which settings a connection to it needs; it must not talk to it."""

from __future__ import annotations

import re
from datetime import timedelta

from server.connectors.audience import RESTRICTED_BY
from server.connectors.base import Capabilities, Manifest, Setting, SettingKind
from server.connectors.request_tracker.address import address
from server.connectors.zones import TIME_ZONE
from server.domain.values import FileNames, LengthUnit

MARKER_FIELD = "Remote ID"

MANIFEST = Manifest(
    kind="request_tracker",
    title="Request Tracker",
    settings=(
        Setting("url", "Address", SettingKind.URL, help="Such as https://rt.example.com, of version 5 or later"),
        Setting(
            "token",
            "Authentication token",
            SettingKind.SECRET,
            help="Made by the user who does the syncing, under Logged in as, Settings, Auth Tokens. Begins with “1-”.",
        ),
        Setting(
            "text_format",
            "Messages are written as",
            SettingKind.CHOICE,
            help="HTML keeps headings, lists and links. Plain keeps words only, for installations without HTML.",
            default="html",
            choices=("html", "plain"),
        ),
        Setting(
            "files_as",
            "Files are added as",
            SettingKind.CHOICE,
            help="A comment is seen by staff only; a reply is mailed to the requestors, with the file.",
            default="comment",
            choices=("comment", "reply"),
        ),
        Setting(
            "marker_field",
            "Field for the correlation id",
            SettingKind.TEXT,
            required=False,
            help="Name of a custom field of tickets (enter one value) that the queue has. "
            "With it a create whose answer was lost is found again with certainty.",
            default=MARKER_FIELD,
        ),
        Setting(
            "closed_statuses",
            "Statuses that end the work",
            SettingKind.TEXT,
            required=False,
            help="Only for queues with a workflow of their own, whose end RT does not tell; separated by commas.",
            default="resolved, rejected",
        ),
        RESTRICTED_BY,
        TIME_ZONE,
    ),
    capabilities=Capabilities(
        marker_lag=timedelta(0),
        overlap=timedelta(seconds=2),
        parallel=2,
        private_comments=True,
        edits_comments=False,
        deletes_comments=False,
        attachments=True,
        deletes_attachments=False,
        links=True,
        deletes_items=True,
        keeps_created_at=None,
        file_names=FileNames(unit=LengthUnit.BYTES, trims=True),
        restricted_items=True,
        exact_sizes=False,  # a part of a mail may tell its own
    ),
    address=address,
    key=re.compile(r"[1-9][0-9]{0,9}"),
)
