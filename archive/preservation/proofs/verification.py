"""Checks a proof, step by step: the ZIP, the document, the evidence record, the kept verdicts.

Nothing but the bytes of the proof, the auditor's anchors and the time is
needed: no home, no network. What the proof brings of its own (certificates, a
trust set) helps to follow it and is never believed. Content never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.proofs import steps
from archive.preservation.proofs.contents import ContentsBrokenError
from archive.preservation.proofs.evidence_check import Evidence, check_record
from archive.preservation.proofs.opening import Proof, open_proof
from archive.preservation.proofs.own_trust import judge_again
from archive.preservation.proofs.statement_check import contradicted, descriptive, unlisted_verdicts
from archive.preservation.proofs.steps import Report, Said, Step, said
from archive.preservation.proofs.token_paths import anchors_under
from archive.preservation.proofs.verdict_check import (
    KeptInProof,
    Reader,
    check_objects,
    check_replay,
    check_structure,
    kept_in,
    overlooked,
    tell_verdicts,
)
from archive.preservation.signatures.engine import World
from metadata.time import rfc3339


@dataclass(frozen=True, slots=True)
class Auditor:
    """Who checks: what he trusts, when, and with which reader of files."""

    anchors: tuple[bytes, ...]
    """His own roots, DER; empty: nothing can be concluded, only contradicted."""

    at: datetime
    read_again: Reader | None = None
    """Reads a signed file's structure; None: the facts that are kept are compared with the bytes and used."""


def _links(proof: Proof) -> tuple[bytes, ...]:
    """Certificates that only help to follow the time-stamps."""
    return tuple(der for name in proof.statement.links if (der := proof.object(name)) is not None)


def check(stream: BinaryIO, auditor: Auditor) -> Report:
    """How the proof in `stream` is found.

    Args:
        stream: Able to seek.
        auditor: Who checks.

    Raises:
        OSError: the system failed.
    """
    proof, done = open_proof(stream)
    if proof is None:
        return Report(tuple(done))
    done += _guarded(steps.STATEMENT, lambda: _borne_out(proof))
    report = Report(tuple(done), proof.statement.subject, manifest=proof.manifest)
    try:
        found = kept_in(proof)
    except ContentsBrokenError as error:
        failed = Step(steps.OBJECTS, False, said("unreadable", why=str(error)))
        return replace(report, steps=(*report.steps, failed))
    evidence = _evidence(proof, auditor)
    rest = tuple(_verdicts(proof, found, evidence, auditor))
    return replace(
        report,
        steps=(*report.steps, *evidence.steps, *rest),
        proven=rfc3339(evidence.since) if evidence.since else None,
        trusted=tuple(_trusted(proof, evidence, found, auditor)),
    )


def _borne_out(proof: Proof) -> Iterator[Step]:
    hidden = list(unlisted_verdicts(proof))
    if hidden:
        yield Step(steps.STATEMENT, False, said("verdict_hidden", names=", ".join(hidden[:5])))
    told = list(dict.fromkeys(contradicted(proof)))
    if told:
        yield Step(steps.STATEMENT, False, said("subject_contradicted", names=", ".join(told)))


def _guarded(name: str, step: Callable[[], Iterator[Step]]) -> Iterator[Step]:
    """The steps of `step`; whatever hostile content provokes is a step that failed."""
    try:
        yield from step()
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            # The disk is full, or cannot be read: that says nothing about the proof.
            raise
        yield Step(name, False, said("unreadable", why=f"{type(error).__name__}: {str(error)[:200]}"))


def _evidence(proof: Proof, auditor: Auditor) -> Evidence:
    found: list[Evidence] = []

    def record() -> Iterator[Step]:
        world = World.of(at=auditor.at, anchors=auditor.anchors, intermediates=_links(proof))
        found.append(check_record(proof, EngineJudge(world)))
        yield from found[0].steps

    done = tuple(_guarded(steps.RECORD, record))
    return found[0] if found else Evidence(done)


def _verdicts(proof: Proof, found: Sequence[KeptInProof], evidence: Evidence, auditor: Auditor) -> Iterator[Step]:
    yield from _guarded(steps.OBJECTS, lambda: iter((check_objects(proof, tuple(found)),)))
    if not found:
        yield Step(steps.REPLAY, True, said("replay_nothing"))
    for one in found:
        yield from _of_file(one, evidence, auditor)
    if auditor.read_again is not None:
        yield from _guarded(steps.VERDICT, lambda: overlooked(proof, found, auditor.read_again))


def _of_file(one: KeptInProof, evidence: Evidence, auditor: Auditor) -> Iterator[Step]:
    yield from _guarded(steps.STRUCTURE, lambda: check_structure(one, auditor.read_again))
    yield from _guarded(steps.REPLAY, lambda: iter((check_replay(one),)))
    yield from _guarded(steps.VERDICT, lambda: tell_verdicts(one))
    if auditor.anchors:
        told = _guarded(steps.OWN_TRUST, lambda: judge_again(one, auditor.anchors, auditor.at, evidence.since))
        yield from (replace(step, decides=False) for step in told)


def _trusted(proof: Proof, evidence: Evidence, found: Sequence[KeptInProof], auditor: Auditor) -> Iterator[Said]:
    yield said("trust_clock", at=rfc3339(auditor.at))
    yield said("trust_identifiers" if descriptive(proof) else "trust_subject")
    if evidence.authorities:
        yield said("trust_authorities", names="; ".join(evidence.authorities))
    if evidence.since is not None:
        for anchor in anchors_under(evidence.tokens, auditor.anchors, _links(proof)):
            yield said("trust_anchor", name=anchor.name, sha256=anchor.sha256)
    if auditor.read_again is None and any(one.kept.facts for one in found):
        yield said("trust_structure")
    if any(verdict.get("second_reader") for one in found for verdict in one.kept.verdicts):
        yield said("trust_second_reader")
