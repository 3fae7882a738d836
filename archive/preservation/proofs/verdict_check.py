"""Checks the kept verdicts of a proof: the bundle is whole, the facts fit the bytes, judging again gives the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archive.preservation.proofs import steps
from archive.preservation.proofs.contents import DOCUMENT, OBJECTS, ContentsBrokenError, read_json
from archive.preservation.proofs.opening import Proof
from archive.preservation.proofs.steps import Step, said
from archive.preservation.proofs.structure_check import contradictions
from archive.preservation.signatures.kept_verdicts import (
    KeptVerdicts,
    KeptVerdictsUnreadableError,
    certificates_of_set,
)
from archive.preservation.signatures.pdf_facts_json import FactsUnreadableError, facts_of
from archive.preservation.signatures.replaying import ContentMissingError, KeptBytes, Original, replay
from archive.preservation.signatures.xml_facts_json import is_xml_facts, xml_facts_of

Reader = Callable[[Original, str], bytes | None]
"""Reads the structure of a file with this suffix again; its facts as a document. None: its kind has none."""


@dataclass(frozen=True)
class KeptInProof:
    """One signed original of a proof with all that was kept of it."""

    proof: Proof
    kept: KeptVerdicts

    @cached_property
    def original(self) -> Original | None:
        """The file that was judged."""
        name = DOCUMENT + self.kept.path
        return self.proof.window(name) if name in self.proof.statement.originals else None

    def object(self, sha256: str) -> bytes | None:
        """An object of the bundle."""
        return self.proof.object(sha256)

    def content_digest(self, algorithm: str) -> bytes:
        """Digest of what a detached signature signs: a file of this document, or one whose digests are told."""
        sha256 = self.kept.content
        for name in self.proof.statement.originals:
            if sha256 and self.proof.digests[name] == sha256:
                return KeptBytes(self.proof.window(name)).whole(algorithm)
        told = {**self.proof.statement.signed_elsewhere.get(sha256, {}), "sha256": sha256}
        if algorithm not in told:
            why = f"what it signs is another document, of which no digest under {algorithm} is in the proof"
            raise ContentMissingError(why, lost=False)
        return bytes.fromhex(told[algorithm])


def kept_in(proof: Proof) -> tuple[KeptInProof, ...]:
    """All kept verdicts of a proof.

    Raises:
        ContentsBrokenError: a member that should hold verdicts does not.
    """
    found: list[KeptInProof] = []
    for name in proof.statement.verdicts:
        try:
            kept = KeptVerdicts.of_json(read_json(proof.read(name)))
        except KeptVerdictsUnreadableError as error:
            msg = f"{name}: {error}"
            raise ContentsBrokenError(msg) from error
        if any(kept.path == other.kept.path for other in found):
            # A thousand verdicts on one file would have it digested a thousand times.
            msg = f"{name}: the second set of verdicts on {kept.path}"
            raise ContentsBrokenError(msg)
        found.append(KeptInProof(proof, kept))
    return tuple(found)


def check_objects(proof: Proof, found: tuple[KeptInProof, ...]) -> Step:
    """Every object that a verdict names is there, and none that nothing names."""
    named = set(proof.statement.links)
    for one in found:
        if one.kept.is_provisional:
            continue
        named |= set(one.kept.named())
        document = one.object(one.kept.trust_set)
        if document is not None:
            named |= set(certificates_of_set(document))
    present = {name.removeprefix(OBJECTS) for name in proof.digests if name.startswith(OBJECTS)}
    missing, strange = sorted(named - present), sorted(present - named)
    if missing or strange:
        told = said("objects_broken", missing=", ".join(missing[:5]) or "-", strange=", ".join(strange[:5]) or "-")
        return Step(steps.OBJECTS, False, told)
    return Step(steps.OBJECTS, True, said("objects_hold", count=len(present)))


def check_structure(one: KeptInProof, read_again: Reader | None) -> Iterator[Step]:
    """The kept facts of a file's structure against its bytes, and against a new reading where there is a reader."""
    document = one.object(one.kept.facts) if one.kept.facts else None
    original = one.original
    if document is None or original is None:
        return
    if not is_xml_facts(document):
        try:
            why = list(contradictions(facts_of(document), KeptBytes(original)))
        except FactsUnreadableError as error:
            why = [str(error)]
        if why:
            yield Step(steps.STRUCTURE, False, said("structure_broken", path=one.kept.path, why="; ".join(why[:5])))
            return
    if read_again is None:
        key = "structure_kept" if is_xml_facts(document) else "structure_compared"
        yield Step(steps.STRUCTURE, True, said(key, path=one.kept.path), more={"read_again": False})
        return
    yield _read_again(one, document, read_again(original, one.kept.path))


def _read_again(one: KeptInProof, document: bytes, found: bytes | None) -> Step:
    """Other facts matter when they give another verdict: readers of later versions tell the same things otherwise."""
    path, more = one.kept.path, {"read_again": True}
    if found == document:
        return Step(steps.STRUCTURE, True, said("structure_same", path=path), more=more)
    told = replay(one.kept, one, found) if found is not None else None
    if told is not None and told.same:
        return Step(steps.STRUCTURE, True, said("structure_alike", path=path), more=more)
    newer = told is not None and told.engine != one.kept.engine
    return Step(steps.STRUCTURE, None if newer else False, said("structure_other", path=path), more=more)


def check_replay(one: KeptInProof) -> Step:
    """Judging again from the bundle gives the kept verdict."""
    kept = one.kept
    found = replay(kept, one)
    if found.same is None:
        return Step(steps.REPLAY, None, said("replay_open", path=kept.path, why=found.note))
    if found.altered:
        why = "; ".join(found.altered[:5])
        return Step(steps.REPLAY, False, said("replay_altered", path=kept.path, why=why))
    more = {"engine": found.engine, "differences": [d.as_json() for d in found.differences]}
    if found.same:
        told = said("replay_same", path=kept.path, count=len(kept.verdicts), at=kept.judged_at, engine=found.engine)
        return Step(steps.REPLAY, True, told, more=more)
    names = ", ".join(dict.fromkeys(d.key for d in found.differences))
    if kept.engine != found.engine:
        told = said("replay_newer", path=kept.path, now=found.engine, kept=kept.engine, names=names)
        return Step(steps.REPLAY, None, told, more=more)
    return Step(steps.REPLAY, False, said("replay_differs", path=kept.path, names=names), more=more)


def tell_verdicts(one: KeptInProof) -> Iterator[Step]:
    """What was said at intake; decides nothing."""
    for verdict in one.kept.verdicts:
        told = said("verdict", path=one.kept.path, verdict=in_short(verdict), at=one.kept.judged_at)
        yield Step(steps.VERDICT, None, told, decides=False, more={key: verdict.get(key) for key in TOLD})


def overlooked(proof: Proof, found: Sequence[KeptInProof], read_again: Reader | None) -> Iterator[Step]:
    """Signed originals on which the archive kept no verdict; decides nothing."""
    judged = {DOCUMENT + one.kept.path for one in found}
    for name in proof.statement.originals:
        facts = read_again(proof.window(name), name) if read_again is not None and name not in judged else None
        if facts is not None and _is_signed(facts):
            told = said("verdict_missing", path=name.removeprefix(DOCUMENT))
            yield Step(steps.VERDICT, None, told, decides=False)


def _is_signed(facts: bytes) -> bool:
    if is_xml_facts(facts):
        return bool(xml_facts_of(facts).signatures)
    found = facts_of(facts)
    return bool(found.fields or found.remnants)


TOLD = ("indication", "subindication", "plain", "signer", "best_time")
"""Fields of a verdict that are told beside a proof."""


def in_short(verdict: Mapping[str, Any]) -> str:
    """Signature, signer and ETSI words of a verdict."""
    sub = f"/{verdict['subindication']}" if verdict.get("subindication") else ""
    return f"{verdict.get('field') or '-'}, {verdict.get('signer') or '-'}: {verdict.get('indication')}{sub}"
