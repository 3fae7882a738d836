"""Whatever lists and proofs are at hand: what a verdict may and may not become by more of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.preservation.signatures.cms_judging import judge_cms
from archive.preservation.signatures.existence import Existence
from archive.preservation.signatures.signing import Signing, sign_bytes
from archive.preservation.signatures.world import World
from tests.fixtures.pki import EXPIRED, LONG, SIGNED, Corpus
from tests.generators.examples import examples

DAY = timedelta(days=1)
TEXT = "Quyết định".encode()
DAYS = st.integers(-40, 900)
LIVES = st.sampled_from([1, 7, 30, 200, 4000])
"""Days that a list is good for."""


@dataclass(frozen=True)
class Listed:
    """A list of one authority."""

    authority: str
    day: int
    """After the signature."""

    life: int
    revoked_on: int | None = None
    """Day on which the signer was revoked; None: it is not named."""


LISTS = st.lists(
    st.builds(
        Listed,
        st.sampled_from(["root", "issuing", "stamping"]),
        DAYS,
        LIVES,
        st.none() | st.integers(-20, 300),
    ),
    max_size=6,
)


class Worlds:
    """One stamped signature by somebody who expires, and every list that is asked for, made once."""

    def __init__(self, corpus: Corpus) -> None:
        self._pki = corpus.pki
        self.person = corpus.person(end=EXPIRED)
        self.data = sign_bytes(TEXT, self.person, Signing(SIGNED, stamper=corpus.stamper()), detached=False)
        self._serial = x509.load_der_x509_certificate(self.person.certificate).serial_number
        self.listed = cache(self._listed)

    def _listed(self, what: Listed) -> bytes:
        authority = getattr(self._pki, what.authority)
        names = {}
        if what.revoked_on is not None and what.authority == "issuing":
            names[self._serial] = (SIGNED + what.revoked_on * DAY, x509.ReasonFlags.key_compromise)
        at = max(SIGNED + what.day * DAY, self._pki.root.certificate.not_valid_before_utc)
        return bytes(authority.list_of(at, names, life=what.life * DAY))

    def verdict(self, lists: list[Listed], day: int, proven_on: int | None = None) -> dict[str, object]:
        answers = [self.listed(one) for one in lists]
        at: datetime = SIGNED + max(day, 0) * DAY + timedelta(hours=1)
        existence = Existence()
        if proven_on is not None:
            whole = hashlib.sha256(self.data).hexdigest()
            names = [whole, *(hashlib.sha256(a).hexdigest() for a in answers)]
            existence = Existence.recorded(dict.fromkeys(names, SIGNED + proven_on * DAY))
        world = World.of(at=at, anchors=[self._pki.root.der], answers=answers, existence=existence)
        return dict(judge_cms(self.data, None, world)[0].verdicts[0])


@pytest.fixture(scope="module")
def worlds(corpus: Corpus) -> Worlds:
    return Worlds(corpus)


def passes(verdict: dict[str, object]) -> bool:
    return verdict["indication"] == "TOTAL_PASSED"


COMMON = settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@COMMON
@given(lists=LISTS, day=DAYS, proven=st.none() | st.integers(0, 900), revoked=st.integers(-20, 0), late=DAYS)
def test_a_signature_after_its_revocation_never_passes(
    worlds: Worlds, lists: list[Listed], day: int, proven: int | None, revoked: int, late: int
) -> None:
    """However old the list that says so, and whatever else is known."""
    told = Listed("issuing", min(late, max(day, 0)), 30, revoked)
    assert not passes(worlds.verdict([*lists, told], day, proven))


@COMMON
@given(lists=LISTS, more=st.builds(Listed, st.just("issuing"), DAYS, LIVES, st.integers(-20, 300)), day=DAYS)
def test_learning_of_a_revocation_never_helps(worlds: Worlds, lists: list[Listed], more: Listed, day: int) -> None:
    if not passes(worlds.verdict(lists, day)) and passes(worlds.verdict([*lists, more], day)):
        # A list that names the signer as revoked later is also one that knew it to be good before.
        assert more.revoked_on is not None
        assert more.revoked_on > 0


@COMMON
@given(lists=LISTS, day=DAYS, proven=st.none() | st.integers(0, 900), seed=st.randoms(use_true_random=False))
def test_the_order_of_what_is_handed_in_changes_nothing(
    worlds: Worlds, lists: list[Listed], day: int, proven: int | None, seed: object
) -> None:
    turned = list(lists)
    seed.shuffle(turned)  # type: ignore[attr-defined] # a random.Random
    assert worlds.verdict(lists, day, proven) == worlds.verdict(turned, day, proven)


@COMMON
@given(lists=LISTS, day=DAYS, early=st.integers(0, 400), later=st.integers(0, 400))
def test_an_earlier_proof_never_harms(worlds: Worlds, lists: list[Listed], day: int, early: int, later: int) -> None:
    if passes(worlds.verdict(lists, day, early + later)):
        assert passes(worlds.verdict(lists, day, early))


@COMMON
@given(lists=LISTS, day=DAYS)
def test_what_passes_without_lists_about_the_signer_does_not_exist(
    worlds: Worlds, lists: list[Listed], day: int
) -> None:
    """Nothing is believed about somebody of whom nobody said anything."""
    assert not passes(worlds.verdict([one for one in lists if one.authority != "issuing"], day))


@COMMON
@given(lists=LISTS, days=st.integers(0, int(LONG / DAY) - 100))
def test_a_verdict_has_one_word_and_a_reason_for_it(worlds: Worlds, lists: list[Listed], days: int) -> None:
    verdict = worlds.verdict(lists, days)
    assert passes(verdict) is (verdict["subindication"] is None)
    assert passes(verdict) or verdict["reasons"]
