"""A class of signature with the verdict that it must get: the form of the cases in `signature_cases_*.py`.

The cases are data: a test judges each, and a table for people is made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any

from archive.preservation.signatures.policy import Policy
from archive.preservation.trust.sets import TrustSnapshot
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.fixtures.pki import TODAY, Corpus

GROUPS = (
    "levels",
    "revocation",
    "proofs",
    "certificates",
    "stamps",
    "algorithms",
    "containers",
    "changes",
    "xml",
    "decades",
)


@dataclass(frozen=True)
class Expected:
    """What one verdict must say; None: whatever it says."""

    indication: Indication
    subindication: str | None = None
    reason: str = ""
    """How one of the reasons begins; empty: a passed signature needs none."""

    level: str | None = None
    best_time: str | None = None
    proof: str = ""
    """How the source of the best time begins."""

    plain: PlainWord | None = None
    practice: str = ""
    unproven: bool = False
    """Nothing proves a time."""

    helps: str = ""
    """How one of the wishes begins."""

    def misses(self, verdict: SignatureVerdict) -> list[str]:
        """What a verdict does not say that it must."""
        wanted = {
            "indication": self.indication,
            "level": self.level,
            "best_time": self.best_time,
            "plain": self.plain,
        }
        found = [f"{key}: {value}" for key, value in wanted.items() if value and getattr(verdict, key) != value]
        if verdict.subindication != self.subindication:
            found.append(f"subindication: {self.subindication}")
        if self.reason and not any(r.startswith(self.reason) for r in verdict.reasons):
            found.append(f"reason: {self.reason}")
        if self.unproven and (verdict.best_time or verdict.best_time_proof):
            found.append("unproven")
        if self.proof and not (verdict.best_time_proof or "").startswith(self.proof):
            found.append(f"best_time_proof: {self.proof}")
        if self.practice and self.practice not in verdict.practices:
            found.append(f"practice: {self.practice}")
        if self.helps and not any(h.startswith(self.helps) for h in verdict.would_help):
            found.append(f"would_help: {self.helps}")
        return found


def passed(**more: object) -> Expected:
    """TOTAL_PASSED."""
    return Expected(Indication.TOTAL_PASSED, **more)  # type: ignore[arg-type] # fields of Expected


def failed(word: str, reason: str, **more: object) -> Expected:
    """TOTAL_FAILED."""
    return Expected(Indication.TOTAL_FAILED, word, reason, plain=PlainWord.INVALID, **more)  # type: ignore[arg-type]


def undecided(word: str, reason: str, **more: object) -> Expected:
    """INDETERMINATE."""
    return Expected(Indication.INDETERMINATE, word, reason, **more)  # type: ignore[arg-type] # as above


@dataclass(frozen=True)
class Prepared:
    """A file and what is known when it is judged."""

    data: bytes = field(repr=False)
    name: str = "tep.pdf"
    at: datetime = TODAY
    trust: TrustSnapshot | None = None
    """None: the root of the corpus."""

    revocation: Sequence[bytes] = field(default=(), repr=False)
    beside: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    proofs: Mapping[str, str] = field(default_factory=dict, repr=False)
    policy: Policy | None = None

    def known(self) -> dict[str, Any]:
        """Everything but the bytes: keywords of `Corpus.judge`."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "data"}


@dataclass(frozen=True)
class Case:
    """One class."""

    group: str
    name: str
    sentence: str
    """What it promises."""

    make: Callable[[Corpus], Prepared] = field(repr=False)
    """Of one corpus it is always the same: half of what judging a case costs is to make its signatures."""

    expected: tuple[Expected, ...]
    """Of each verdict, in order."""


_CASES: dict[str, Case] = {}


def case(*expected: Expected) -> Callable[[Callable[[Corpus], Prepared]], Callable[[Corpus], Prepared]]:
    """Enter the function that makes a file as a case; its docstring is the promise."""

    def entered(make: Callable[[Corpus], Prepared]) -> Callable[[Corpus], Prepared]:
        group = make.__module__.rpartition("signature_cases_")[2]
        name = make.__name__.replace("_", "-")
        assert name not in _CASES, name
        assert make.__doc__, name
        sentence = make.__doc__.strip().splitlines()[0]
        _CASES[name] = Case(group, name, sentence, partial(_once, make), expected)
        return make

    return entered


def _once(make: Callable[[Corpus], Prepared], corpus: Corpus) -> Prepared:
    if make not in corpus.prepared:
        corpus.prepared[make] = make(corpus)
    prepared: Prepared = corpus.prepared[make]
    return prepared


def all_cases() -> Iterator[Case]:
    """Every case, group by group in the order in which they are written."""
    for group in GROUPS:
        import_module(f"tests.corpus.signature_cases_{group}")
    yield from sorted(_CASES.values(), key=lambda c: GROUPS.index(c.group))
