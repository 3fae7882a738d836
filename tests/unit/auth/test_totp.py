"""One-time codes: the vectors of RFC 6238, drift, and that no code counts twice."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from urllib.parse import parse_qs, urlsplit

import pytest

from archive.auth.totp import address, code_at, matching_step, new_secret, picture, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """RFC 6238 appendix B, SHA-1."""
    assert code_at(SECRET, step_of(seconds), digits=8) == code
    assert code_at(SECRET, step_of(seconds)) == code[2:]


def test_the_step_before_and_after_count_and_no_other() -> None:
    here = step_of(1_000_000)
    accepted = {
        away: matching_step(SECRET, code_at(SECRET, here + away), now=1_000_000, used=0) for away in range(-3, 4)
    }
    assert accepted == {-3: None, -2: None, -1: here - 1, 0: here, 1: here + 1, 2: None, 3: None}


def test_a_code_counts_once_and_no_earlier_one_after_it() -> None:
    here = step_of(1_000_000)
    code = code_at(SECRET, here)
    assert matching_step(SECRET, code, now=1_000_000, used=here - 1) == here
    assert matching_step(SECRET, code, now=1_000_000, used=here) is None
    assert matching_step(SECRET, code_at(SECRET, here - 1), now=1_000_000, used=here) is None


@pytest.mark.parametrize("written", ["", "12345", "١٢٣٤٥٦", "94287O", "\udcff", "9" * 100_000])
def test_what_is_no_code_is_none(written: str) -> None:
    assert matching_step(SECRET, written, now=59, used=0) is None


def test_spaces_between_digits_are_forgiven() -> None:
    code = code_at(SECRET, step_of(59))
    assert matching_step(SECRET, f" {code[:3]} {code[3:]}\n", now=59, used=0) == step_of(59)


def test_an_application_learns_all_from_the_address_and_its_picture() -> None:
    secret = new_secret()
    assert len(base64.b32decode(secret)) == 20
    told = address(secret, login="lan@h49", issuer="Lưu Trữ")
    parts = urlsplit(told)
    asked = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert (asked["secret"], asked["period"], asked["digits"]) == ([secret], ["30"], ["6"])
    drawn = picture(told)
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own
    assert "viewBox" in drawn, "or a page that shows it smaller cuts it off"
    assert "style" not in drawn
    assert "<script" not in drawn
