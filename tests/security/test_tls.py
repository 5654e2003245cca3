"""The gateway speaks TLS 1.3 and 1.2, with ciphers that keep old talks secret, and nothing older."""

from __future__ import annotations

import socket
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.members.caddy import Route
from appliance.members.gateway import Gateway
from server.connectors.http import _trust
from tests.chaos.panel import wait_until
from tests.security.edge import CLUSTER, gateway_before
from tests.support.ports import free_port

HOST = f"acme.{CLUSTER}"
V = ssl.TLSVersion


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Before a cluster that does not answer: what is looked at comes before that."""
    with gateway_before(tmp_path_factory.mktemp("tls") / "data", Route(CLUSTER, free_port(), "secret")) as gateway:
        wait_until(lambda: has_its_certificate(gateway), "the gateway to have made its certificate")
        yield gateway


def spoken(gateway: Gateway, lowest: ssl.TLSVersion, highest: ssl.TLSVersion, ciphers: str = "ALL:@SECLEVEL=0") -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    with (
        socket.create_connection(("127.0.0.1", gateway.https_port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as secure,
    ):
        return str(secure.version())


def has_its_certificate(gateway: Gateway) -> bool:
    try:
        return bool(spoken(gateway, V.TLSv1_2, V.MAXIMUM_SUPPORTED))
    except ssl.SSLError:
        return False


def test_the_newest_is_chosen(gateway: Gateway) -> None:
    assert spoken(gateway, V.TLSv1, V.MAXIMUM_SUPPORTED) == "TLSv1.3"
    assert spoken(gateway, V.TLSv1_2, V.TLSv1_2) == "TLSv1.2"


@pytest.mark.parametrize("old", [V.TLSv1, V.TLSv1_1])
def test_nothing_old_is_spoken(gateway: Gateway, old: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        spoken(gateway, old, old)


@pytest.mark.parametrize("weak", ["AES128-SHA", "AES256-GCM-SHA384", "AES128-SHA256", "NULL", "aNULL", "PSK"])
def test_no_cipher_without_forward_secrecy_or_without_a_key_is_taken(gateway: Gateway, weak: str) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        spoken(gateway, V.TLSv1_2, V.TLSv1_2, f"{weak}:@SECLEVEL=0")


def test_towards_apps_nothing_old_is_spoken_and_certificates_are_checked() -> None:
    trusting = _trust("", verify=True)
    assert trusting.verify_mode is ssl.CERT_REQUIRED
    assert trusting.check_hostname
    assert trusting.minimum_version >= V.TLSv1_2
    assert _trust("", verify=False).minimum_version >= V.TLSv1_2


def test_the_key_of_the_authority_is_for_its_owner_alone(gateway: Gateway) -> None:
    keys = [*Path(gateway.folder.root).rglob("*.key")]
    assert keys
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys)
