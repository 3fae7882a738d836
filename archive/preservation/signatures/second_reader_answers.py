"""What two readers say of the same signatures, and where they contradict each other; standard library only.

An answer of None means "could not say": it contradicts nothing. Where both say
something and it differs, the reader of the archive is not believed either:
the verdict becomes INDETERMINATE with both answers, unless the difference is a
known defect of the second reader, which is then named with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

SECURE = frozenset({"whole-file", "whole-revision"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader says of one filled signature field."""

    field: str
    """Full name."""

    integrity: bool | None = None
    """Whether digest and signature value (and the imprint of a time-stamp) hold, whatever is trusted."""

    signer: str | None = None
    """SHA-256 of the signer's certificate, hexadecimal."""

    coverage: str | None = None
    """As in `pdf_facts.SignedField`."""

    why: str = ""
    """Why something is not said, or what a defect is recognised by: words such as `attribute-order`."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What one reader says of one file."""

    signatures: tuple[Reading, ...] = ()
    """In the order of the form."""

    count: int | None = None
    """Filled signature fields; None: could not say."""

    why: str = ""

    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"count": self.count, "signatures": [asdict(one) for one in self.signatures], "why": self.why}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Readings:
        """From plain JSON.

        Raises:
            ValueError: other keys or types than `document` writes.
        """
        try:
            found = cls(tuple(Reading(**one) for one in document["signatures"]), document["count"], document["why"])
        except (KeyError, TypeError) as error:
            raise ValueError("no answers of a reader") from error
        if not all(_is_sound(asdict(one)) for one in found.signatures) or not isinstance(document["count"], int | None):
            raise ValueError("no answers of a reader")
        return found


def _is_sound(one: Mapping[str, object]) -> bool:
    texts = all(isinstance(one[name], str) for name in ("field", "why"))
    known = all(isinstance(one[name], str | None) for name in ("signer", "coverage"))
    return texts and known and isinstance(one["integrity"], bool | None)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One thing that both readers claim to know and know differently."""

    field: str
    """Empty: the file as a whole."""

    about: str
    """`integrity`, `signer`, `coverage` or `count`."""

    ours: str
    theirs: str
    known: str = ""
    """Identifier of a known defect of the second reader that explains it; empty: nothing does."""


@dataclass(frozen=True, slots=True)
class KnownDefect:
    """A way in which the second reader is known to be wrong."""

    identifier: str
    about: str
    explains: Callable[[Reading, Reading], bool]
    """Of our reading and theirs."""

    reason: str


def _is_marked(word: str) -> Callable[[Reading, Reading], bool]:
    return lambda ours, _theirs: word in ours.why.split()


KNOWN_DEFECTS = (
    KnownDefect(
        "attribute-order",
        "integrity",
        _is_marked("attribute-order"),
        "pyHanko verifies signed attributes as they were sent; by RFC 5652, 5.4 their DER encoding is what is signed.",
    ),
    KnownDefect(
        "more-than-are-judged",
        "count",
        _is_marked("too-many"),
        "We stop after 50 fields and say so; pyHanko counts to the end.",
    ),
    KnownDefect(
        "nameless-field",
        "count",
        _is_marked("nameless"),
        "pyHanko passes over a filled signature field without a name; we judge it.",
    ),
)
"""Differences that are the second reader's fault or by design, each with its reason. None switches the reader off.

Not in the table because it is gone round: pyHanko's own list of signatures drops unknown SubFilters with a line in a
log; `second_reader` walks the form itself. What it cannot read at all (two SignerInfos, a missing certificate, an
exception of any kind) is "could not say" and no difference.
"""


def compare(ours: Readings, theirs: Readings) -> tuple[Disagreement, ...]:
    """Everything on which two readers contradict each other, known defects included and named as such."""
    found: list[Disagreement] = []
    if ours.count is not None and theirs.count is not None and ours.count != theirs.count:
        nameless = " nameless" if any(not one.field for one in ours.signatures) else ""
        mark = Reading("", why=ours.why + nameless)
        found.append(_disagreement("", "count", str(ours.count), str(theirs.count), (mark, Reading(""))))
    second = _by_field(theirs.signatures)
    for name, one in _by_field(ours.signatures).items():
        other = second.get(name)
        if other is not None:
            found += _compared(one, other)
    return tuple(found)


def _by_field(readings: Sequence[Reading]) -> dict[tuple[str, int], Reading]:
    """By name and how often it was met: two fields may have the same name."""
    met: dict[str, int] = {}
    found: dict[tuple[str, int], Reading] = {}
    for one in readings:
        met[one.field] = met.get(one.field, 0) + 1
        found[one.field, met[one.field]] = one
    return found


def _compared(ours: Reading, theirs: Reading) -> list[Disagreement]:
    found: list[Disagreement] = []
    pair = (ours, theirs)
    if ours.integrity is not None and theirs.integrity is not None and ours.integrity != theirs.integrity:
        found.append(_disagreement(ours.field, "integrity", _word(ours.integrity), _word(theirs.integrity), pair))
    if ours.signer and theirs.signer and ours.signer != theirs.signer:
        found.append(_disagreement(ours.field, "signer", ours.signer, theirs.signer, pair))
    # Whether the signed bytes end before or behind the last line end is a matter of words. Our "unclear" claims
    # nothing, as the verdict says; theirs does: it is how pyHanko refuses a coverage.
    if (
        ours.coverage not in {None, "unclear"}
        and theirs.coverage
        and (ours.coverage in SECURE) != (theirs.coverage in SECURE)
    ):
        found.append(_disagreement(ours.field, "coverage", ours.coverage, theirs.coverage, pair))
    return found


def _word(value: bool) -> str:
    return "holds" if value else "broken"


def _disagreement(field: str, about: str, ours: str, theirs: str, pair: tuple[Reading, Reading]) -> Disagreement:
    known = next((d.identifier for d in KNOWN_DEFECTS if d.about == about and d.explains(*pair)), "")
    return Disagreement(field, about, ours, theirs, known)
