"""Request Tracker as people and administrators use it through its own interface; it must not use the server."""

from __future__ import annotations

import base64
import contextlib
import json
import mailbox
import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import requests

from tests.e2e.trackers.visits import Upload, answered, in_parallel
from tests.support.compare import Kept, Said, Stored, digest
from tests.support.testbeds.request_tracker import RequestTracker

_NAMES = {"title": "Subject", "status": "Status", "priority": "Priority"}
_PRIORITIES = {"low": "0", "medium": "50", "high": "100"}
_OUTSIDER = """
use strict; use warnings;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT -init; use RT::AuthToken;
my $user = RT::User->new(RT->SystemUser);
my ($made, $why) = $user->Create(Name => 'dora', EmailAddress => 'dora@example.test', Privileged => 1);
$made or die $why;
my $queue = RT::Queue->new(RT->SystemUser);
$queue->Load($ARGV[0]);
$user->PrincipalObj->GrantRight(Object => $queue, Right => $_) for qw(SeeQueue ShowTicket);
$user->PrincipalObj->GrantRight(Right => 'ManageAuthTokens');
my ($id, $said, $secret) = RT::AuthToken->new(RT->SystemUser)->Create(Owner => $user->id, Description => 'outsider');
$id or die $said;
print $secret;
"""
"""Somebody who sees tickets as their requestors do: the replies, but not what staff says among itself."""


class RequestTrackerVisit:
    """The main queue of a running RT."""

    name = "Request Tracker"
    markup = "html"
    keeps_private = True
    at_once = 2

    def __init__(self, bed: RequestTracker) -> None:
        self._bed = bed
        self.users = {login: login for login in ("alice", "bob")}
        self._outsider = _make_outsider(bed)

    def create(self, person: str, title: str, text: str, values: Mapping[str, str]) -> str:
        """A ticket, requested by Carol."""
        body = self._body({"title": title} | dict(values)) | {"Queue": self._bed.queue, "Requestor": "carol"}
        body |= {"Content": text, "ContentType": "text/html"}
        return str(self._call(person, "POST", "/ticket", body)["id"])

    def edit(self, person: str, item: str, values: Mapping[str, str]) -> None:
        """One request; RT says in a sentence what it did not do."""
        said = self._call(person, "PUT", f"/ticket/{item}", self._body(values))
        assert all("denied" not in one.casefold() for one in said), said

    def comment(self, person: str, item: str, text: str, *, private: bool = False) -> None:
        """A reply, or a comment among staff."""
        body = {"Content": text, "ContentType": "text/html"}
        self._call(person, "POST", f"/ticket/{item}/{'comment' if private else 'correspond'}", body)

    def attach(self, person: str, item: str, file: Upload, *, private: bool = False) -> None:
        """With a message that has no words. RT takes each character of a name for a byte."""
        kept = {
            "FileName": file.name.encode().decode("latin-1"),
            "FileType": file.content_type,
            "FileContent": base64.b64encode(file.content).decode(),
        }
        body = {"Attachments": [kept]}
        self._call(person, "POST", f"/ticket/{item}/{'comment' if private else 'correspond'}", body)

    def count(self) -> int:
        """One page holds them."""
        return len(self._tickets())

    def read(self) -> tuple[Stored, ...]:
        """As root."""
        return in_parallel(self.at_once, self._stored, self._tickets())

    def history(self, item: str) -> str:
        """The transactions."""
        fields = "Type,Field,OldValue,NewValue,Data,Creator,Created"
        return json.dumps(self._pages(f"/ticket/{item}/history", fields), ensure_ascii=False)

    def seen_by_outsider(self) -> str:
        """Every message's parts, as they are shown to Dora, and every mail to Carol."""
        headers = {"Authorization": f"token {self._outsider}"}

        def seen(ticket: Any) -> str:
            history = self._pages(f"/ticket/{ticket['id']}/history", "Type", headers)
            parts = self._pages(f"/ticket/{ticket['id']}/attachments", "Content,Filename,TransactionId", headers)
            return json.dumps([history, parts], ensure_ascii=False)

        return "\n".join((*in_parallel(self.at_once, seen, self._tickets(headers)), *self._mailed("carol")))

    def _mailed(self, login: str) -> Iterator[str]:
        """The texts of all mails to somebody; the bed keeps them in files."""
        for file in sorted((self._bed.folder / "mail").glob("*.mbox")):
            with contextlib.closing(mailbox.mbox(file)) as mails:
                for mail in mails:
                    if login not in str(mail["To"]):
                        continue
                    yield str(mail["Subject"])
                    for part in mail.walk():
                        content = part.get_payload(decode=True)
                        if part.get_content_maintype() == "text" and isinstance(content, bytes):
                            yield content.decode("utf-8", "replace")

    def _tickets(self, headers: Mapping[str, str] | None = None) -> list[Any]:
        query = {"query": f"Queue = {self._bed.queue}", "orderby": "id"}
        return self._pages("/tickets", "Subject,Status,Priority,Owner,LastUpdated", headers, query)

    def _stored(self, ticket: Any) -> Stored:
        where, root = f"/ticket/{ticket['id']}", self._bed.headers("root")
        history = self._pages(f"{where}/history", "Type,Creator", root)
        fields = "TransactionId,ContentType,ContentLength,Content,Filename"
        parts = self._pages(f"{where}/attachments", fields, root)
        texts = {str(_id(one["TransactionId"])): one for one in parts if _is_text(one)}
        kinds = {str(one["id"]): str(one["Type"]) for one in history}
        said = [one for one in history if one["Type"] in {"Correspond", "Comment"} and str(one["id"]) in texts]
        first = next((texts[number] for number, kind in kinds.items() if kind == "Create" and number in texts), None)
        priority = str(ticket["Priority"])
        owner = str(_id(ticket["Owner"]))
        return Stored(
            id=str(ticket["id"]),
            title=ticket["Subject"],
            text=first["Content"] if first else "",
            status=ticket["Status"],
            priority=_PRIORITIES.get(priority.casefold(), priority),
            assignee="" if owner == "Nobody" else owner,
            comments=tuple(
                Said(str(_id(one["Creator"])), texts[str(one["id"])]["Content"], one["Type"] == "Comment")
                for one in said
            ),
            files=tuple(
                self._kept(one, private=kinds.get(str(_id(one["TransactionId"]))) == "Comment")
                for one in parts
                if one.get("Filename")
            ),
            touched=f"{ticket['LastUpdated']} {max(int(one['id']) for one in history)}",
        )

    def _kept(self, file: Any, *, private: bool) -> Kept:
        held = self._call("root", "GET", f"/attachment/{file['id']}")
        content = base64.b64decode(held.get("Content") or "")
        return Kept(file["Filename"], len(content), digest(content), private)

    def _pages(
        self,
        path: str,
        fields: str,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> list[Any]:
        found: list[Any] = []
        page = 1
        while True:
            wish = {"fields": fields, "per_page": "100", "page": str(page), **(query or {})}
            seen = headers or self._bed.headers("root")
            answer = answered(requests.get(self._bed.api + path, params=wish, headers=dict(seen), timeout=120))
            found += answer["items"]
            if len(answer["items"]) < 100:
                return found
            page += 1

    def _body(self, values: Mapping[str, str]) -> dict[str, Any]:
        body: dict[str, Any] = {_NAMES[name]: value for name, value in values.items() if name in _NAMES}
        if "assignee" in values:
            body["Owner"] = values["assignee"] or "Nobody"
        assert "text" not in values, "RT cannot edit what a ticket began with."
        return body

    def _call(self, login: str, method: str, path: str, body: object = None) -> Any:
        headers = self._bed.headers(login)
        return answered(requests.request(method, self._bed.api + path, json=body, headers=headers, timeout=180))


def _id(reference: Any) -> str:
    return str(reference["id"]) if isinstance(reference, dict) else str(reference)


def _is_text(part: Any) -> bool:
    named = not part.get("Filename") and str(part.get("ContentType")).startswith("text/")
    return named and bool(str(part.get("Content") or "").strip())


def _make_outsider(bed: RequestTracker) -> str:
    settings = {
        "RT_SITE_CONFIG": str(bed.folder / "RT_SiteConfig.pm"),
        "RT_SITE_CONFIG_DIR": str(bed.folder / "site.d"),
    }
    done = subprocess.run(
        ("perl", "-e", _OUTSIDER, bed.queue),
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
