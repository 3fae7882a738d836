"""Proofs made by hand: documents, evidence records and bundles as an archive, or a forger, would put them together."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from archive.demo.pki import Pki
from archive.preservation.evidence.algorithms import node
from archive.preservation.evidence.records import ArchiveTimeStamp, EvidenceRecord
from archive.preservation.evidence.trees import Tree
from archive.preservation.proofs.contents import DOCUMENT, EVENTS, OBJECTS, README, RECORD, STATEMENT, Statement
from archive.preservation.proofs.opening import readme
from archive.preservation.proofs.writing import Member, write_proof
from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.policy import default_policy
from archive.preservation.signatures.signing import Credential, time_stamper
from archive.preservation.trust.sets import TrustSnapshot
from ingest.ports import Judgement
from metadata.package import FileVerdicts
from tests.corpus.signature_case import Prepared
from tests.fakes.clocks import SteppingClock
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import SIGNED, Corpus, with_comment, with_filled_field, with_page_content

PACKAGE = "3f0b0f4e-6f0a-4f4e-9c53-1f2b7d1f0001"
ORIGINAL = "representations/rep1/data/H49.001.pdf"
DESCRIPTION = "representations/rep1/metadata/descriptive/EAD_doc_001.xml"
VERDICT = "metadata/other/signatures/001.json"
EAD = (
    "<simpledc>\n <arcFileCode>H12.H49</arcFileCode>\n <docCode>H49.001</docCode>\n <docOrdinal>1</docOrdinal>\n"
    " <subject>Quyết định</subject>\n</simpledc>\n"
).encode()
"""Descriptive metadata of the one document, with the codes that its statement tells."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class ProofParts:
    """Everything that goes into one proof; tests change a part before it is written."""

    files: dict[str, bytes]
    """The data group, by path inside the package."""

    record: bytes
    objects: dict[str, bytes] = field(default_factory=dict)
    originals: tuple[str, ...] = (ORIGINAL,)
    events: bytes = b""
    readme: bytes = field(default_factory=readme)
    elsewhere: dict[str, dict[str, str]] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    subject: dict[str, object] = field(
        default_factory=lambda: {
            "package_id": PACKAGE,
            "dossier_id": PACKAGE,
            "ordinal": 1,
            "doc_code": "H49.001",
            "file_code": "H49",
        }
    )

    def statement(self) -> Statement:
        return Statement(
            subject=self.subject,
            group=tuple(DOCUMENT + path for path in sorted(self.files)),
            verdicts=tuple(DOCUMENT + path for path in sorted(self.files) if path.startswith("metadata/other/")),
            originals=tuple(DOCUMENT + path for path in self.originals),
            signed_elsewhere=self.elsewhere,
            links=self.links,
        )

    def members(self) -> list[Member]:
        return [
            Member.of_bytes(README, self.readme),
            Member.of_bytes(STATEMENT, self.statement().document()),
            Member.of_bytes(RECORD, self.record),
            Member.of_bytes(EVENTS, self.events),
            *(Member.of_bytes(DOCUMENT + path, self.files[path]) for path in sorted(self.files)),
            *(Member.of_bytes(OBJECTS + name, self.objects[name]) for name in sorted(self.objects)),
        ]

    def zip(self) -> bytes:
        out = io.BytesIO()
        write_proof(out, self.members())
        return out.getvalue()


def record_over(
    pki: Pki,
    files: Mapping[str, bytes],
    at: datetime,
    *,
    beside: Sequence[bytes] = (b"other document",),
    stamper: Credential | None = None,
) -> bytes:
    """An evidence record for the data group `files` from a batch in which other documents stand, too."""
    members = [hashlib.sha256(data).digest() for data in files.values()]
    leaf = node("sha256", members)
    tree = Tree.of("sha256", [leaf, *(hashlib.sha256(other).digest() for other in beside)])
    token = time_stamper(stamper or pki.stamper, at)(tree.root, "sha256")
    return EvidenceRecord.of([[ArchiveTimeStamp("sha256", tree.reduced(leaf, members), token)]]).der()


def unsigned_proof(pki: Pki, at: datetime, original: bytes = b"%PDF-1.7 unsigned") -> ProofParts:
    """A proof of a document without signatures."""
    files = {ORIGINAL: original, DESCRIPTION: EAD}
    return ProofParts(files, record_over(pki, files, at), events=json.dumps({"type": "ingestion"}).encode() + b"\n")


def kept_of(data: bytes, path: str, judgement: Judgement, content: bytes | None = None) -> FileVerdicts:
    """A judgement on one original as the package keeps it."""
    first = judgement.verdicts[0]
    return FileVerdicts(
        path=path,
        sha256=sha256(data),
        trust_set=first.trust_set,
        policy=first.policy,
        judged_at=first.judged_at,
        engine=first.engine,
        facts=sha256(judgement.facts) if judgement.facts else "",
        objects=tuple(sha256(der) for der in judgement.objects),
        content=sha256(content) if content is not None else "",
        verdicts=judgement.verdicts,
    )


def judged(
    data: bytes,
    trust: TrustSnapshot,
    at: datetime,
    folder: Path,
    *,
    path: str = ORIGINAL,
    revocation: Sequence[bytes] = (),
    content: Path | None = None,
) -> tuple[FileVerdicts, dict[str, bytes]]:
    """Verdicts on one original as intake keeps them, and every object that they lean on."""
    file = folder / Path(path).name
    file.write_bytes(data)
    judge = Judge(InlineWorkers(), trust, SteppingClock(at, timedelta(0)))
    contents = {file: content} if content is not None else {}
    (judgement,) = judge.judgements([file], contents=contents, revocation=revocation)
    objects = [*judgement.keepsakes, *judgement.objects, *([judgement.facts] if judgement.facts else [])]
    kept = kept_of(data, path, judgement, content.read_bytes() if content is not None else None)
    return kept, {sha256(der): der for der in objects}


def proof_of_case(corpus: Corpus, made: Prepared, stamped_at: datetime) -> ProofParts:
    """The proof of a file of the corpus of signature classes, judged as its class wants."""
    judgement = corpus.judgement(made.data, **made.known())
    path = f"{ORIGINAL.removesuffix('.pdf')}{Path(made.name).suffix}"
    content = next(iter(made.beside.values()), None)
    kept = kept_of(made.data, path, judgement, content)
    trust, policy = made.trust or corpus.trust, made.policy or default_policy()
    objects = [trust.document(), *(c.der for c in trust.certificates), policy.document, *judgement.objects]
    objects += [judgement.facts] if judgement.facts else []
    files = {path: made.data, DESCRIPTION: EAD, VERDICT: verdict_member(kept)}
    told = {sha256(content): {"sha512": hashlib.sha512(content).hexdigest()}} if content is not None else {}
    record = record_over(corpus.pki, files, stamped_at)
    return ProofParts(files, record, {sha256(der): der for der in objects}, (path,), elsewhere=told)


def verdict_member(kept: FileVerdicts) -> bytes:
    """The file in which a package keeps verdicts."""
    return (kept.model_dump_json(indent=1) + "\n").encode()


def signed_proof(
    pki: Pki,
    data: bytes,
    trust: TrustSnapshot,
    folder: Path,
    *,
    judged_at: datetime,
    stamped_at: datetime,
    path: str = ORIGINAL,
    revocation: Sequence[bytes] = (),
) -> ProofParts:
    """A proof of a signed document, as the archive makes it."""
    kept, objects = judged(data, trust, judged_at, folder, path=path, revocation=revocation)
    files = {path: data, DESCRIPTION: EAD, VERDICT: verdict_member(kept)}
    return ProofParts(files, record_over(pki, files, stamped_at), objects, originals=(path,))


SIGNED_FILES: dict[str, Callable[[Corpus], bytes]] = {
    "B-B": lambda c: c.signed(),
    "B-T": lambda c: c.stamped(),
    "B-LT": lambda c: c.blt,
    "B-LTA": lambda c: c.blta,
    "elliptic": lambda c: c.stamped(c.person()),
    "expired": lambda c: c.stamped(c.person(end=SIGNED + timedelta(hours=10))),
    "revoked": lambda c: c.long_term(c.stamped(c.leader), c.revoking(c.leader)),
    "broken": lambda c: c.signed().replace(b"%PDF-1.", b"%PDF-2.", 1),
    "sha1": lambda c: c.signed(digest="sha1"),
    "page added": lambda c: with_page_content(c.blt),
    "comment": lambda c: with_comment(c.blt),
    "filled in": lambda c: with_filled_field(c.blt),
    "old Adobe": lambda c: c.signed(sub_filter="adbe.pkcs7.detached"),
    "bytes behind it": lambda c: c.signed() + b"% more\n" * 20,
}
"""Signed files of many fates, by name; what a verdict says of each is for other tests."""
