"""The address of an item's page names the item of one app, and of no other."""

from __future__ import annotations

import pytest

from server.connectors import registry
from server.connectors.addresses import below, last_part


@pytest.mark.parametrize(
    ("kind", "address", "item"),
    [
        ("redmine", "https://r.example/issues/7", "7"),
        ("redmine", "https://r.example/issues/7/edit", "7"),
        ("redmine", "https://r.example/issues/7.json?include=journals", "7"),
        ("redmine", "https://r.example/issues/7?tab=history#note-3", "7"),
        ("redmine", "https://r.example/projects/7", ""),
        ("redmine", "https://r.example/projects/7/issues", ""),
        ("request_tracker", "https://r.example/Ticket/Display.html?id=7", "7"),
        ("request_tracker", "https://r.example/Ticket/Display.html?Force=1&id=7#txn-12", "7"),
        ("request_tracker", "https://r.example/Ticket/ModifyAll.html?id=7", "7"),
        ("request_tracker", "https://r.example/SelfService/Display.html?id=7", "7"),
        ("request_tracker", "https://r.example/m/ticket/show?id=7", "7"),
        ("request_tracker", "https://r.example/REST/2.0/ticket/7/history", "7"),
        ("request_tracker", "https://r.example/Admin/Queues/Modify.html?id=7", ""),
        ("roundup", "https://r.example/issue7", "issue7"),
        ("roundup", "https://r.example/issue7?@ok_message=done#msg3", "issue7"),
        ("roundup", "https://r.example/rest/data/issue/7", "issue7"),
        ("roundup", "https://r.example/user?@template=item", ""),
    ],
)
def test_each_app_reads_its_own_pages(kind: str, address: str, item: str) -> None:
    place = below(address, "https://r.example/")
    assert place is not None
    assert registry.manifest(kind).address(*place) == item


def test_an_app_of_which_nothing_better_is_known_is_read_by_the_last_part_of_the_path() -> None:
    assert last_part("/items/12/", {}) == "12"


@pytest.mark.parametrize(
    ("address", "base", "path"),
    [
        ("https://r.example/issues/7", "https://r.example", "/issues/7"),
        ("https://R.Example/issues/7", "https://r.example/", "/issues/7"),
        ("https://r.example/issues/7", "http://r.example:80", "/issues/7"),
        ("https://r.example:8443/issues/7", "https://r.example:8443", "/issues/7"),
        ("https://r.example/red%20mine/issues/7", "https://r.example/red mine/", "/issues/7"),
        ("https://r.example:8443/issues/7", "https://r.example", None),
        ("http://127.0.0.1:4001/issues/7", "http://127.0.0.1:4002", None),
        ("https://r.example/redmine2/issues/7", "https://r.example/redmine", None),
        ("https://other.example/issues/7", "https://r.example", None),
        ("https://r.example:port/issues/7", "https://r.example", None),
        ("https://r.example/issues/7", "", None),
    ],
)
def test_an_address_is_of_the_app_below_whose_own_it_lies(address: str, base: str, path: str | None) -> None:
    place = below(address, base)
    assert (None if place is None else place[0]) == path
