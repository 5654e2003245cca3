from __future__ import annotations

import base64
from pathlib import Path

import pytest

from server.domain.errors import PutRight
from server.store.crypto import MasterKey, WrongKey

KEY = bytes(range(32))


def test_what_was_sealed_opens_with_the_same_key_and_purpose() -> None:
    cipher = MasterKey(KEY).cipher
    assert cipher.open(cipher.seal(b"geheim", "one"), "one") == b"geheim"


def test_two_seals_of_the_same_value_differ_and_show_nothing() -> None:
    cipher = MasterKey(KEY).cipher
    one, two = cipher.seal(b"geheim", "one"), cipher.seal(b"geheim", "one")
    assert one != two
    assert b"geheim" not in one


def test_a_value_opens_for_no_other_purpose_tenant_or_key() -> None:
    master = MasterKey(KEY)
    sealed = master.tenant_cipher("anna").seal(b"geheim", "one")
    with pytest.raises(WrongKey, match="purpose"):
        master.tenant_cipher("anna").open(sealed, "two")
    for other in (master.tenant_cipher("berta"), master.cipher, MasterKey(bytes(32)).tenant_cipher("anna")):
        with pytest.raises(WrongKey, match="another master key"):
            other.open(sealed, "one")


def test_the_header_names_version_and_key() -> None:
    master = MasterKey(KEY)
    one, two = master.cipher.seal(b"a", "p"), master.cipher.seal(b"b", "q")
    assert one[:9] == two[:9]
    assert one[:1] == b"\x01"
    assert master.tenant_cipher("anna").seal(b"a", "p")[:9] != one[:9]


@pytest.mark.parametrize("place", [0, 5, 12, 25, -1])
def test_a_damaged_value_does_not_open(place: int) -> None:
    cipher = MasterKey(KEY).cipher
    sealed = bytearray(cipher.seal(b"geheim", "one"))
    sealed[place] ^= 1
    with pytest.raises(WrongKey):
        cipher.open(bytes(sealed), "one")


def test_the_key_file_is_read_only_if_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "master"
    path.write_bytes(base64.b64encode(KEY) + b"\n")
    path.chmod(0o600)
    assert MasterKey.read(path).cipher.open(MasterKey(KEY).cipher.seal(b"a", "p"), "p") == b"a"
    path.chmod(0o640)
    with pytest.raises(PutRight, match="0600"):
        MasterKey.read(path)


@pytest.mark.parametrize("content", [b"", b"short", base64.b64encode(b"short"), b"\xff\xfe"])
def test_a_key_file_that_is_none_is_said_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(PutRight):
        MasterKey.read(path)
    with pytest.raises(PutRight, match="cannot be read"):
        MasterKey.read(tmp_path / "missing")
