"""How tokens of evidence records are judged: at which time, with which revocation data, and how strictly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509

from archive.preservation.evidence import der
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.tokens import with_revocation
from archive.preservation.evidence.verification import Outcome, TokenAnswer, TokenQuestion
from archive.preservation.signatures.engine import World
from tests.fakes.evidence import START, YEAR, OwnAuthority, authority, fresh, own_token, policy_with

DAY = timedelta(days=1)


def token(own: OwnAuthority, years: float = 0.0) -> bytes:
    at = START + years * YEAR
    return own_token(own.credential(at)[1], at, bytes(32), "sha256", "sha256")


def judge(own: OwnAuthority, years: float, *, lists: bool = True, trusts: bool = True) -> EngineJudge:
    at = START + years * YEAR
    world = World.of(
        at=at,
        anchors=[own.root.der] if trusts else [authority("Khác").root.der],
        intermediates=[own.stamping.der],
        answers=own.lists(at) if lists else (),
        policy=policy_with(sha256=(START + 20 * YEAR).isoformat().replace("+00:00", "Z")),
    )
    return EngineJudge(world)


def youngest(by: EngineJudge, data: bytes) -> TokenAnswer:
    return by.token(TokenQuestion(data, None))


def test_the_youngest_may_be_of_open_revocation_status_and_says_so() -> None:
    own = fresh("Một")
    answer = youngest(judge(own, 0.5, lists=False), token(own))
    assert (answer.outcome, answer.reason.split(":")[0]) == (Outcome.HOLDS, "revocation-open")
    assert youngest(judge(own, 0.5), token(own)).reason == ""
    assert answer.expires == START + 4 * YEAR
    assert answer.digests == ("sha256", "sha512")


def test_revocation_status_is_demanded_of_every_covered_token() -> None:
    own = fresh("Một")
    by = judge(own, 10, lists=False)
    bare = token(own)
    assert by.token(TokenQuestion(bare, START + YEAR)).outcome is Outcome.INDETERMINATE
    full = with_revocation(bare, own.lists(START + YEAR - DAY))
    assert by.token(TokenQuestion(full, START + YEAR)).outcome is Outcome.HOLDS
    stale = with_revocation(bare, own.lists(START + YEAR / 2))
    assert by.token(TokenQuestion(stale, START + YEAR)).outcome is Outcome.INDETERMINATE


def test_a_token_that_was_covered_after_its_certificate_ended_proves_nothing() -> None:
    own = fresh("Một")
    late = START + 4 * YEAR + DAY
    full = with_revocation(token(own), own.lists(late))
    assert judge(own, 10).token(TokenQuestion(full, late)).outcome is Outcome.INDETERMINATE
    assert youngest(judge(own, 4.1), token(own)).outcome is Outcome.INDETERMINATE


@pytest.mark.parametrize("reason", [x509.ReasonFlags.key_compromise, x509.ReasonFlags.cessation_of_operation])
def test_a_revocation_counts_from_its_date_on(reason: x509.ReasonFlags) -> None:
    own = fresh("Một")
    full = with_revocation(token(own), own.lists(START + YEAR - DAY))
    own.revoke(START + 2 * YEAR, reason)
    assert judge(own, 3).token(TokenQuestion(full, START + YEAR)).outcome is Outcome.HOLDS
    assert youngest(judge(own, 3), token(own)).outcome is Outcome.INDETERMINATE


def test_a_revocation_that_became_known_later_and_reaches_back_counts() -> None:
    own = fresh("Một")
    full = with_revocation(token(own), own.lists(START + YEAR - DAY))
    own.revoke(START + YEAR / 2)
    answer = judge(own, 3).token(TokenQuestion(full, START + YEAR))
    assert (answer.outcome, answer.reason.split(":")[0]) == (Outcome.INDETERMINATE, "REVOKED_NO_POE")


def test_an_authority_on_hold_is_no_open_status() -> None:
    own = fresh("Một")
    own.revoke(START + DAY, x509.ReasonFlags.certificate_hold)
    assert youngest(judge(own, 0.5), token(own)).outcome is Outcome.INDETERMINATE


def test_whom_nobody_trusts_proves_nothing() -> None:
    own = fresh("Một")
    answer = youngest(judge(own, 0.5, trusts=False), token(own))
    assert (answer.outcome, answer.reason.split(":")[0]) == (Outcome.INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND")


def test_what_is_no_token_is_broken() -> None:
    assert youngest(judge(fresh("Một"), 0.5), b"\x30\x00").outcome is Outcome.BROKEN


def test_a_digest_ends_with_its_row_in_the_policy() -> None:
    by = judge(fresh("Một"), 0.5)
    assert by.refused("sha256", START) == ""
    assert by.refused("sha256", START + 20 * YEAR).startswith("sha256 proves nothing since")
    assert by.refused("md99", START) == "the policy does not know md99"


# ---------------------------------------------------------------- what the signature leaves out


def _parts(data: bytes) -> list[bytes]:
    """The fields of SignedData."""
    outer = der.members(der.element(data))
    return [part.encoded for part in der.members(der.members(outer[1])[0])]


def _token(parts: list[bytes]) -> bytes:
    signed = der.encode(0x30, b"".join(parts))
    return der.encode(0x30, bytes.fromhex("06092a864886f70d010702") + der.encode(0xA0, signed))


def _altered(what: str, data: bytes) -> bytes:
    parts = _parts(data)
    signer = der.members(der.members(der.element(parts[-1]))[0])
    if what == "version":
        parts[0] = b"\x02\x01\x01"
    elif what == "algorithms":
        parts[1] = der.encode(0x31, der.members(der.element(parts[1]))[0].encoded * 2)
    elif what == "certificate":
        stranger = fresh("Khác").credential(START)[1].certificate
        parts[3] = der.encode(0xA0, der.element(parts[3]).content + stranger)
    elif what == "unsigned":
        attribute = der.encode(0x30, bytes.fromhex("06032a0304") + der.encode(0x31, b"\x05\x00"))
        fields = b"".join(part.encoded for part in signer) + der.encode(0xA1, attribute)
        parts[-1] = der.encode(0x31, der.encode(0x30, fields))
    elif what == "named":
        name = der.members(signer[1])
        other = der.encode(0x30, name[0].encoded + b"\x02\x01\x07")
        fields = signer[0].encoded + other + b"".join(part.encoded for part in signer[2:])
        parts[-1] = der.encode(0x31, der.encode(0x30, fields))
    return _token(parts)


@pytest.mark.parametrize("what", ["version", "algorithms", "certificate", "unsigned", "named"])
def test_what_the_signature_of_the_youngest_leaves_out_has_one_form(what: str) -> None:
    """Whoever signs nothing can change it, until the next time-stamp covers it."""
    own = fresh("Một")
    data = token(own)
    assert _altered("nothing", data) == data
    answer = youngest(judge(own, 0.5), _altered(what, data))
    assert answer.outcome is not Outcome.HOLDS, answer
