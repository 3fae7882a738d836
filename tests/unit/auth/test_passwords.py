"""Passwords: the rules, one spelling, hashes of the right kind, and as much work for nobody's as for somebody's."""

from __future__ import annotations

from typing import Literal

import pytest
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

from archive.auth.passwords import Passwords, broken_rules, plain

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("Kho lưu trữ 2026!", []),
        ("Đường-Số-9-Hà-Nội", []),
        ("Ngan-1xyz", ["short"]),
        ("A1-" + "b" * 300, ["long", "dull"]),
        ("KHO LUU TRU 2026!", ["lower"]),
        ("kho luu tru 2026!", ["upper"]),
        ("Kho luu tru cua toi!", ["digit"]),
        ("KhoLuuTruCuaToi2026", ["sign"]),
        ("Nguyen.Lan-2026-Lan", ["login"]),
        ("Aa1-Aa1-Aa1-", ["dull"]),
    ],
)
def test_every_broken_rule_is_named(password: str, broken: list[str]) -> None:
    assert broken_rules(password, "nguyen.lan") == broken


def test_a_password_typed_with_other_marks_is_the_same() -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hashed("Kho lưu trữ 2026!")
    assert passwords.matches(kept, "Kho lu\u031bu tr\u01b0\u0303 2026!")
    assert plain("ｋｈｏ") == "kho"


def test_what_is_kept_is_argon2id_by_rfc_9106() -> None:
    passwords = Passwords()
    kept = passwords.hashed("Kho lưu trữ 2026!")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(CHEAP.hash("x"))
    assert RFC_9106_LOW_MEMORY.memory_cost >= 19 * 1024, "OWASP's least"


class _Counting(PasswordHasher):
    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as its base calls it
        self.verified += 1
        return super().verify(hash, password)


def test_as_much_is_computed_for_who_does_not_exist() -> None:
    counting = _Counting(time_cost=1, memory_cost=64, parallelism=1)
    passwords = Passwords(counting)
    kept = passwords.hashed("Kho lưu trữ 2026!")
    for asked, typed, right in (
        (kept, "Kho lưu trữ 2026!", True),
        (kept, "wrong", False),
        (None, "wrong", False),
        (None, "nobody's password", False),
        (kept, "x" * 1_000_000, False),
        ("no hash at all", "x", False),
    ):
        before = counting.verified
        assert passwords.matches(asked, typed) is right
        assert counting.verified == before + 1
