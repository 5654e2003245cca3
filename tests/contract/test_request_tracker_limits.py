"""A real RT says yes to a file above its limit, keeps a part of it, and calls it as long as it was: that is refused."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator

import pytest
import requests

from server.connectors import request_tracker
from server.connectors.http import HttpOutlet
from server.domain.errors import Rejected
from server.domain.item import Draft, FileDraft
from tests.support.testbeds import request_tracker as bed_of_rt
from tests.support.testbeds.request_tracker import RequestTracker

pytestmark = pytest.mark.trackers
LIMIT = 30_000
TOO_LONG = b"\x01\xff" * 20_000


@pytest.fixture(scope="module", params=["TruncateLongAttachments", "DropLongAttachments"])
def bed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    folder = tmp_path_factory.mktemp("rt")
    (folder / "site.d").mkdir()
    (folder / "site.d" / "smaller.pm").write_text(f"Set($MaxAttachmentSize, {LIMIT});\nSet(${request.param}, 1);\n1;\n")
    with bed_of_rt.running(folder) as running:
        yield running


def test_a_file_above_the_limit_is_refused_and_what_was_kept_is_told_as_long_as_it_is(bed: RequestTracker) -> None:
    ours = request_tracker.open({"url": bed.url, "token": bed.tokens["sync"]}, HttpOutlet(bed.url))
    ticket = ours.create(Draft(bed.bare, "ticket", {"Subject": "large"}, "m"))

    def attach(name: str, content: bytes) -> str:
        draft = FileDraft(name, "application/octet-stream", len(content), hashlib.sha256(content).hexdigest(), name)
        return ours.add_attachment(ticket.id, draft, io.BytesIO(content))

    attach("small.bin", b"\x01\xff")
    with pytest.raises(Rejected, match=r"of 40000 bytes of “big\.bin”"):
        attach("big.bin", TOO_LONG)
    person = {
        "Content": "a person's",
        "ContentType": "text/plain",
        "Attachments": [
            {
                "FileName": "theirs.bin",
                "FileType": "application/octet-stream",
                "FileContent": base64.b64encode(TOO_LONG).decode(),
            }
        ],
    }
    url = f"{bed.api}/ticket/{ticket.id}/correspond"
    assert requests.post(url, json=person, headers=bed.headers("alice"), timeout=60).ok
    for one in ours.fetch(ticket.id).attachments:
        assert one.size == len(b"".join(ours.open_attachment(ticket.id, one.id))), one.name
