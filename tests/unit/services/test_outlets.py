from __future__ import annotations

from server.services.outlets import tidy_pem

BODY = "MIIB" + "A" * 150
PEM = f"-----BEGIN CERTIFICATE-----\n{BODY[:64]}\n{BODY[64:128]}\n{BODY[128:]}\n-----END CERTIFICATE-----\n"


def test_a_certificate_that_pasting_put_on_one_line_is_read() -> None:
    assert tidy_pem(PEM.replace("\n", " ")) == PEM
    assert tidy_pem(PEM.replace("\n", "\r\n")) == PEM
    assert tidy_pem(PEM) == PEM


def test_several_certificates_stay_several() -> None:
    assert tidy_pem(PEM + "some words between\n" + PEM) == PEM + PEM


def test_what_is_no_certificate_is_nothing() -> None:
    assert tidy_pem("") == tidy_pem("hello") == tidy_pem("-----BEGIN CERTIFICATE-----") == ""
