"""Whoever changes what is under the time-stamp and makes the proof anew, manifest and all, never gets it to hold."""

from __future__ import annotations

import io
import os
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.preservation.proofs.steps import Report
from archive.preservation.proofs.verification import Auditor, check
from tests.fixtures.pki import SIGNED, TODAY, Corpus
from tests.generators.proofs import ProofParts, sha256, signed_proof

DAY = timedelta(days=1)
SOAK = int(os.environ.get("SOAK_PROOFS", "5000"))


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with a bit flipped, a byte set, some bytes put in, taken out, doubled, or cut off."""
    place = chance.randrange(len(data))
    end = min(len(data), place + chance.randrange(1, 9))
    return chance.choice(
        [
            data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :],
            data[:place] + bytes([chance.choice(b"\0\xff\x30\x80 0")]) + data[place + 1 :],
            data[:place] + chance.randbytes(end - place) + data[place:],
            data[:place] + data[end:],
            data[:end] + data[place:],
            data[:place],
        ]
    )


def forged(parts: ProofParts, chance: random.Random) -> tuple[str, ProofParts]:
    """A consistent proof in which one thing is not what the archive put there."""
    kind = chance.choice(["file", "record", "object", "object under its new name"])
    if kind == "file":
        path = chance.choice(sorted(parts.files))
        return kind, replace(parts, files={**parts.files, path: mutated(parts.files[path], chance)})
    if kind == "record":
        return kind, replace(parts, record=mutated(parts.record, chance))
    name = chance.choice(sorted(parts.objects))
    data = mutated(parts.objects[name], chance)
    others = {key: der for key, der in parts.objects.items() if key != name}
    return kind, replace(parts, objects={**others, (name if kind == "object" else sha256(data)): data})


def same(one: ProofParts, other: ProofParts) -> bool:
    return (one.files, one.record, one.objects) == (other.files, other.record, other.objects)


def tried(corpus: Corpus, folder: Path, count: int, seed: int) -> Counter[bool | None]:
    """How so many forgeries came out."""
    parts = signed_proof(
        corpus.pki,
        corpus.blta,
        corpus.trust,
        folder,
        judged_at=TODAY,
        stamped_at=TODAY + DAY,
        revocation=corpus.pki.lists(SIGNED),
    )
    auditor = Auditor((corpus.pki.root.der,), TODAY + 2 * DAY)

    def checked(found: ProofParts) -> Report:
        return check(io.BytesIO(found.zip()), auditor)

    assert checked(parts).ok is True
    chance = random.Random(seed)  # noqa: S311 - a repeatable sequence is wanted
    endings: Counter[bool | None] = Counter()
    while endings.total() < count:
        kind, changed = forged(parts, chance)
        if same(parts, changed):
            continue
        report = checked(changed)
        assert report.ok is not True, (kind, seed, endings.total())
        endings[report.ok] += 1
    return endings


def test_no_forged_proof_holds(corpus: Corpus, tmp_path: Path) -> None:
    endings = tried(corpus, tmp_path, 300, 5)
    assert endings[False] > 240, "most are proven false; a token that only lost its way to an anchor is open"


@pytest.mark.soak
def test_no_forged_proof_holds_of_many(corpus: Corpus, tmp_path: Path) -> None:
    assert tried(corpus, tmp_path, SOAK, 6)[True] == 0
