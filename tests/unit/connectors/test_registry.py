"""The list of connectors is whole and names each kind once."""

from __future__ import annotations

import pytest

from server.connectors import registry
from server.connectors.base import SettingKind
from server.connectors.http import HttpOutlet
from server.domain.errors import PutRight


def test_every_kind_is_listed_once_and_opened_by_its_name() -> None:
    kinds = [one.kind for one in registry.manifests()]
    assert kinds == ["redmine", "request_tracker", "roundup"]
    assert len(registry.CONNECTORS) == len(kinds)
    for one in registry.manifests():
        assert registry.manifest(one.kind) is one
        settings = {setting.name: setting.default or "1-27-0123456789abcdef0123" for setting in one.settings}
        opened = registry.open_connector(one.kind, settings, HttpOutlet("http://127.0.0.1:9"))
        assert opened.manifest is one
        opened.close()


def test_every_form_asks_for_an_address_and_a_secret() -> None:
    for one in registry.manifests():
        assert [setting.name for setting in one.settings if setting.kind is SettingKind.URL] == ["url"]
        assert any(setting.kind is SettingKind.SECRET for setting in one.settings)
        assert all(setting.label for setting in one.settings)
        assert all(setting.choices for setting in one.settings if setting.kind is SettingKind.CHOICE)


def test_an_unknown_kind_is_told_what_there_is() -> None:
    with pytest.raises(PutRight, match=r"“jirra”\. There are: Redmine, Request Tracker, Roundup") as caught:
        registry.manifest("jirra")
    assert caught.value.field == "kind"
