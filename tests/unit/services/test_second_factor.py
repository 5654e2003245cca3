from __future__ import annotations

import base64

import pytest

from server.services import second_factor

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    assert second_factor.step_of(RFC_SECRET, code, at) == at // 30


@pytest.mark.parametrize(("off", "known"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_off_by_one_step(off: int, *, known: bool) -> None:
    assert (second_factor.step_of(RFC_SECRET, "050471", 1111111111 + off) is not None) is known


@pytest.mark.parametrize("code", ["", "05047", "0504711", "٠٥٠٤٧١", "abcdef", "050 471"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert second_factor.step_of(RFC_SECRET, code, 1111111111) is None


def test_recovery_codes_are_ten_each_its_own_and_long_enough_to_be_kept_as_plain_hashes() -> None:
    codes, hashes = second_factor.new_recovery_codes()
    assert len(set(codes)) == len(set(hashes)) == 10
    assert all(len(one.replace("-", "")) * 5 >= 112 for one in codes)
    assert not set(codes) & {one.hex() for one in hashes}
