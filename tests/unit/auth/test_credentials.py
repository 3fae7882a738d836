"""Secrets: their forms, their checksums, and that nothing of them can be guessed back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.auth.credentials import (
    TOKEN_FORM,
    form_token,
    is_form_token,
    is_session,
    is_token,
    new_password,
    new_recovery_code,
    new_session,
    new_token,
    recovery_code,
)
from archive.auth.errors import KeyDamagedError
from archive.auth.passwords import broken_rules
from archive.auth.sealing import Seal, new_key


def test_a_token_is_known_by_its_beginning_and_checksum() -> None:
    token = new_token()
    assert token.startswith("luutru_")
    assert is_token(token)
    assert TOKEN_FORM.fullmatch(token)
    assert len({new_token() for _ in range(100)}) == 100


@given(at=st.integers(7, 55), letter=st.sampled_from("0aZ9"))
def test_a_token_with_one_wrong_letter_is_none(at: int, letter: str) -> None:
    token = "luutru_" + "4" * 43 + "000000"
    good = new_token()
    changed = good[:at] + letter + good[at + 1 :]
    assert is_token(changed) is (changed == good)
    assert not is_token(token)


@pytest.mark.parametrize("text", ["", "luutru_", "x" * 10_000, "luutru_" + "é" * 49])
def test_what_is_no_token_is_refused_before_anybody_looks_for_it(text: str) -> None:
    assert not is_token(text)
    assert not is_session(text)


def test_a_token_with_a_line_end_is_none() -> None:
    assert not is_token(new_token() + "\n")


def test_a_form_brings_the_token_of_its_own_session() -> None:
    mine, other = new_session(), new_session()
    assert is_form_token(mine, form_token(mine))
    assert not is_form_token(mine, form_token(other))
    assert not is_form_token(mine, "")
    assert not is_form_token(mine, "\udcff" * 64)


def test_passwords_that_are_given_out_keep_the_rules() -> None:
    for _ in range(200):
        assert broken_rules(new_password(), "lan") == []


@given(st.lists(st.sampled_from(" -_.")))
def test_a_recovery_code_may_be_written_as_people_write(noise: list[str]) -> None:
    code = new_recovery_code()
    written = "".join(noise) + code.lower().replace("-", "".join(noise) or " ")
    assert recovery_code(written) == code


def test_what_is_sealed_opens_with_its_key_and_for_its_purpose_only() -> None:
    seal = Seal(new_key())
    closed = seal.closed("JBSWY3DPEHPK3PXP", "factor:1")
    assert "JBSWY3DPEHPK3PXP" not in closed
    assert seal.opened(closed, "factor:1") == "JBSWY3DPEHPK3PXP"
    for broken, purpose, key in (
        (closed, "factor:2", seal),
        (closed, "factor:1", Seal(new_key())),
        (closed[:-2], "factor:1", seal),
        ("", "factor:1", seal),
    ):
        with pytest.raises(KeyDamagedError):
            key.opened(broken, purpose)
    with pytest.raises(KeyDamagedError):
        Seal(b"short")
