"""Stage `signatures`: every signature's verdict on the bytes as received. No verdict rejects; what is odd is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar

from ingest.facts import Fact, Formats, Judged, Keepsake, LeantOn, Received, ReceivedFile, Validated
from ingest.kept_judgements import KeptJudgement, KeptJudgements
from ingest.package_signatures import addresses, is_detached, is_xml_signature, may_sign_a_package, signed_by
from ingest.ports import EvidenceJudge
from ingest.work import WorkItem
from metadata.findings import Finding
from metadata.formats import FormatKind, by_mime
from metadata.verdicts import Indication, SignatureVerdict

BATCH = 32
"""Files judged before their verdicts are kept: what a kill may cost."""

_KINDS = frozenset(
    {
        *(FormatKind.PDF, FormatKind.SIGNATURE, FormatKind.XML, FormatKind.OOXML, FormatKind.ODF),
        FormatKind.MAIL,
    }
)
_DETACHED = ".p7s"
_REVOKED = frozenset({"REVOKED_NO_POE", "REVOKED_CA_NO_POE"})
_ALLOWED = "(the signer allowed it)"
_UNSUPPORTED = (
    "asic: ",
    "sub-filter: ",
    "signature-namespace: ",
    "reference-unsupported: ",
    "algorithm-unknown: ",
    "openpgp: ",
)
_UNJUDGED = ("encrypted", "damaged", "limit-breached", "nesting", "too-large", "too-many", "not-judged", "dictionary")


@dataclass(frozen=True, slots=True)
class Signatures:
    """Judges all files of a dossier that can carry signatures.

    Args:
        judge: The engine; parses in workers.
    """

    name: ClassVar[str] = "signatures"
    needs: ClassVar[tuple[type[Fact], ...]] = (Received, Formats, Validated)
    gives: ClassVar[type[Fact]] = Judged

    judge: EvidenceJudge

    def run(self, item: WorkItem) -> Judged:
        """See `Stage.run`."""
        files = [file for file in _judged_files(item) if _can_be_signed(item, file)]
        kept = KeptJudgements(item.room(self.name), self.judge.trust_set())
        verdicts: dict[str, tuple[SignatureVerdict, ...]] = {}
        leant_on: dict[str, LeantOn] = {}
        named: set[str] = set()
        for done, (file, found) in enumerate(self._judged(item, files, kept), start=1):
            item.tell(done, len(files))
            if found.verdicts:
                verdicts[file.path] = found.verdicts
                leant_on[file.path] = found.leant_on
                named |= {*found.leant_on.objects, *kept.keepsakes(found)}
                named |= {found.leant_on.facts} - {""}
        return Judged(
            verdicts=verdicts,
            leant_on=leant_on,
            keepsakes=tuple(_keepsake(item, kept, name) for name in sorted(named)),
            findings=tuple(_findings(item, verdicts)),
            tools=self.judge.tools() if files else (),
        )

    def _judged(
        self, item: WorkItem, files: Sequence[ReceivedFile], kept: KeptJudgements
    ) -> Iterator[tuple[ReceivedFile, KeptJudgement]]:
        signed = _contents(item, files)
        contents = {item.folder / path: item.folder / file.stored for path, file in signed.items()}
        beside = _beside(item, files)
        for start in range(0, len(files), BATCH):
            batch = files[start : start + BATCH]
            known = {file.path: kept.read(file, signed.get(file.stored)) for file in batch}
            open_files = [file for file in batch if known[file.path] is None]
            paths = [item.folder / file.stored for file in open_files]
            judged = self.judge.judgements(paths, contents=contents, beside=beside)
            for file, found in zip(open_files, judged, strict=True):
                known[file.path] = kept.write(file, signed.get(file.stored), found)
            for file in batch:
                answer = known[file.path]
                if answer is not None:
                    yield file, answer


def _keepsake(item: WorkItem, kept: KeptJudgements, name: str) -> Keepsake:
    return Keepsake(sha256=name, source=str(kept.path(name).relative_to(item.folder)))


def _judged_files(item: WorkItem) -> Iterator[ReceivedFile]:
    """Files of documents; messages that came with them, and what signs a package: both may be signed as a whole."""
    received = item.fact(Received)
    yield from received.documents()
    by_path = {file.path: file for file in received.files}
    for file in received.files:
        of_package = file.path in item.delivery.sources and may_sign_a_package(file.path, by_path)
        if file.ordinal is None and (file.path in item.dossier.sources or of_package):
            yield file


def _can_be_signed(item: WorkItem, file: ReceivedFile) -> bool:
    if file.ordinal is None:
        # A message in MIME parts is called e-mail, text or nothing, by the program that wrote it.
        return True
    found = item.fact(Formats).formats.get(file.path)
    known = by_mime(found.mime) if found else None
    return known is not None and known.kind in _KINDS


def _beside(item: WorkItem, files: Sequence[ReceivedFile]) -> Mapping[Path, Mapping[str, Path]]:
    """What XML signatures that came with a package may lead to, by their addresses."""
    received = item.fact(Received).files
    return {
        item.folder / file.stored: {
            address: item.folder / other.stored for address, other in addresses(file.path, received)
        }
        for file in files
        if file.ordinal is None and is_xml_signature(file.path)
    }


def _contents(item: WorkItem, files: Sequence[ReceivedFile]) -> Mapping[str, ReceivedFile]:
    """Which received file each detached signature signs: `x.pdf` for `x.pdf.p7s`, else the one other file `x.*`."""
    documents = tuple(item.fact(Received).documents())
    by_path = {file.path: file for file in documents}
    found: dict[str, ReceivedFile] = {}
    every = {file.path: file for file in item.fact(Received).files}
    for file in files:
        path = PurePosixPath(file.path)
        if file.ordinal is None and is_detached(file.path):
            if (beside := signed_by(file.path, every)) is not None:
                found[file.stored] = beside
            continue
        if path.suffix.lower() != _DETACHED:
            continue
        signed = by_path.get(str(path.with_suffix("")))
        if signed is None:
            others = [
                f
                for f in documents
                if f.path != file.path and PurePosixPath(f.path).with_suffix("") == path.with_suffix("")
            ]
            signed = others[0] if len(others) == 1 else None
        if signed is not None:
            found[file.stored] = signed
    return found


def _findings(item: WorkItem, verdicts: Mapping[str, tuple[SignatureVerdict, ...]]) -> Iterator[Finding]:
    for path, judged in verdicts.items():
        for verdict in judged:
            rule = _rule(verdict)
            if rule:
                yield _finding(rule, path, verdict)
            changes = [text for text in verdict.changed_after if not text.endswith(_ALLOWED)]
            if changes:
                yield _finding("SIG-002", path, verdict, changes="; ".join(changes))
    empty = [v for judged in verdicts.values() for v in judged if any(r.startswith("trust-empty") for r in v.reasons)]
    if empty:
        yield Finding(rule="SIG-003", subject=item.dossier.file_code, values={"count": str(len(empty))})


def _rule(verdict: SignatureVerdict) -> str:
    """The rule that a verdict breaks; most that cannot be decided break none: they are the common case."""
    if verdict.kind == "remnant":
        return "SIG-004"
    if any(r.startswith("second-reader: ") for r in verdict.reasons):
        return "SIG-007"
    if verdict.indication is Indication.TOTAL_FAILED:
        return "SIG-001"
    if verdict.subindication in _REVOKED:
        return "SIG-005"
    if verdict.subindication == "GENERIC" and any(r.startswith(_UNJUDGED) for r in verdict.reasons):
        return "SIG-006"
    return _rule_of_kind(verdict)


def _rule_of_kind(verdict: SignatureVerdict) -> str:
    """The rule of a signature that is genuine for a part only, or of a kind that is only recognised."""
    if any(r.startswith("coverage: ") for r in verdict.reasons):
        return "SIG-020"
    if verdict.subindication == "GENERIC" and any(r.startswith(_UNSUPPORTED) for r in verdict.reasons):
        return "SIG-021"
    return ""


def _finding(rule: str, path: str, verdict: SignatureVerdict, **values: str) -> Finding:
    shown = {
        "field": verdict.field or "?",
        "signer": verdict.signer or "?",
        "verdict": verdict.subindication or verdict.indication.value,
        "reason": "; ".join(verdict.reasons),
    }
    return Finding(rule=rule, subject=path, file=path, values={**shown, **values})
