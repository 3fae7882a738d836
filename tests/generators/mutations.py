"""Mutations of signed PDFs, repeatable by their seed, and what two readers say of them."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.preservation.signatures.second_reader import read_again
from archive.preservation.signatures.second_reader_answers import Disagreement, Readings, compare
from archive.preservation.signatures.task import judge
from metadata.time import rfc3339
from tests.corpus.hostile_signed import signed as handmade
from tests.fixtures.pki import SIGNED, TODAY, Corpus

_WORDS = (
    b"endobj",
    b"<<",
    b">>",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b"null",
    b"R",
    b"/Kids",
    b"/V",
    b"%",
    b"0",
    b"9",
    b" ",
)
_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


@dataclass(frozen=True)
class Mutation:
    """One changed stretch of a file; its length stays."""

    place: int
    new: bytes

    def of(self, pdf: bytes) -> bytes:
        return pdf[: self.place] + self.new + pdf[self.place + len(self.new) :]


def mutations(pdf: bytes, chance: random.Random) -> Iterator[Mutation]:
    """Without end: bits, bytes, digits and words, in the bytes between signatures more often than in them."""
    gaps = [(int(m.group(1)), int(m.group(2))) for m in _RANGE.finditer(pdf)]
    structure = [place for place in range(len(pdf)) if not any(start < place < end for start, end in gaps)]
    while True:
        place = chance.choice(structure) if chance.random() < 0.7 else chance.randrange(len(pdf))
        kind = chance.randrange(4)
        old = pdf[place]
        if kind == 0:
            new = bytes([old ^ 1 << chance.randrange(8)])
        elif kind == 1:
            new = bytes([chance.randrange(256)])
        elif kind == 2:
            new = b"%d" % chance.randrange(10)
        else:
            new = chance.choice(_WORDS)
        mutation = Mutation(place, new[: len(pdf) - place])
        if mutation.of(pdf) != pdf:
            yield mutation


def covering(pdf: bytes, mutation: Mutation) -> int:
    """How many signatures of the file sign the changed bytes."""
    changed = [mutation.place + n for n, byte in enumerate(mutation.new) if pdf[mutation.place + n] != byte]
    found = 0
    for match in _RANGE.finditer(pdf):
        first, second, length = map(int, match.groups())
        found += any(place < first or second <= place < second + length for place in changed)
    return found


@dataclass(frozen=True)
class Judged:
    """What came of a mutated file."""

    verdicts: list[Mapping[str, Any]]
    ours: Readings
    theirs: Readings

    def passed(self) -> int:
        return sum(1 for verdict in self.verdicts if verdict["indication"] == "TOTAL_PASSED")

    def contradictions(self) -> list[Disagreement]:
        """Those that no known defect explains.

        A mutation can leave cross-references that no reader can follow to the letter (a vertical tab between
        their rows, a chain that points two bytes too far), and each finds the revisions that it finds: how many
        signatures there are and what they cover may differ where we call none of them valid. Whether a
        signature holds and who made it may not.
        """
        found = [d for d in compare(self.ours, self.theirs) if not d.known]
        if any(v["indication"] == "TOTAL_PASSED" and not v["changed_after"] for v in self.verdicts):
            return found
        return [d for d in found if d.about in {"integrity", "signer"}]


def judged(corpus: Corpus, path: Path) -> Judged:
    """The engine's verdicts on a file and both readers' answers."""
    answer = judge(
        scratch=path.parent,
        source=str(path),
        anchors=[base64.b64encode(der).decode() for der in corpus.trust.anchors()],
        intermediates=[base64.b64encode(der).decode() for der in corpus.pki.certificates()],
        at=rfc3339(TODAY),
        revocation=corpus.once("mutation-lists", lambda: b" ".join(_lists(corpus))).decode().split(),
    )
    ours = Readings.of(answer["readings"]) if "readings" in answer else Readings()
    return Judged(answer["verdicts"], ours, read_again(path))


def _lists(corpus: Corpus) -> list[bytes]:
    return [base64.b64encode(der) for der in corpus.pki.lists(SIGNED)]


NAMES = ("B-B", "B-LTA", "by hand")


def files(corpus: Corpus) -> dict[str, bytes]:
    """What is mutated: a signature alone, one with evidence and a document time-stamp, a file written by hand."""
    by_hand = corpus.once("mutated-by-hand", lambda: handmade(corpus))
    return dict(zip(NAMES, (corpus.once("mutated-bb", corpus.signed), corpus.blta, by_hand), strict=True))
