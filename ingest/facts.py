"""Facts: what each stage gives. Kept as JSON in the work folder, so that a stage may be repeated after a crash.

Paths of facts are relative to the dossier's work folder unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum, unique
from itertools import pairwise
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from metadata.compact import ByName, InOrder, in_order
from metadata.descriptions import DocumentRelation, ReceivedContainer, RecordStatus
from metadata.extraction.suggestions import Suggestion
from metadata.findings import Finding
from metadata.measures import Measured
from metadata.verdicts import SignatureVerdict


class Fact(BaseModel):
    """Base of all facts: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Tool(Fact):
    """A program or library that was run, as PREMIS wants to know it."""

    name: str
    version: str
    command: str = ""
    """Exact command line of an outside program; empty for a library."""


@unique
class FileRole(StrEnum):
    """What a received file is in its dossier."""

    DOCUMENT = "document"
    SOURCE = "source"


class ReceivedFile(Fact):
    """One file in quarantine, bit for bit as received."""

    path: str
    """Path in the delivery as received (POSIX separators, bytes untouched)."""

    stored: str
    """Where the copy lies, relative to the work folder (absolute when only checking)."""

    sha256: str
    sha512: str
    size_bytes: int
    role: FileRole
    ordinal: int | None = None
    """Ordinal of the document it belongs to; None for sources."""

    part: int = 1
    """Number among the files of its document, from 1."""


class Received(Fact):
    """Gives of `receive`: files counted and hashed in quarantine."""

    files: InOrder[ReceivedFile]
    received_at: str
    fingerprint: str
    """SHA-256 over agency, dossier code, metadata and file digests: the same delivery has the same one."""

    findings: tuple[Finding, ...] = ()
    """Bytes that are not what the delivery itself says of them; `validate` tells them with everything else."""

    containers: tuple[ReceivedContainer, ...] = ()
    """In which the delivery came, the outermost first; for the receipt."""

    def documents(self) -> Sequence[ReceivedFile]:
        """The files that belong to documents, in order."""
        return in_order(ReceivedFile, (f for f in self.files if f.role is FileRole.DOCUMENT))

    def each_once(self) -> Iterator[ReceivedFile]:
        """Every path once, where it stands first; of a file that several documents have, what the last says of it."""
        hashes = sorted(hash(file.path) for file in self.files)
        doubled = {one for one, other in pairwise(hashes) if one == other}
        last = {file.path: file for file in self.files if hash(file.path) in doubled} if doubled else {}
        for file in self.files:
            if hash(file.path) not in doubled:
                yield file
            elif (own := last.pop(file.path, None)) is not None:
                yield own


class FileFormat(Fact):
    """What a file is, by its bytes."""

    puid: str
    """PRONOM id, or `UNKNOWN`."""

    name: str
    version: str
    mime: str
    """From our own table, else libmagic's."""

    magic_mime: str = ""
    """Second opinion (libmagic)."""

    warnings: tuple[str, ...] = ()
    """What the identifier warned of, verbatim."""


class Formats(Fact):
    """Gives of `identify`."""

    formats: ByName[FileFormat]
    """By path as received."""

    tools: tuple[Tool, ...] = ()


class Inspection(Fact):
    """What a first look inside a file found (`validate`)."""

    pages: int | None = None
    encrypted: bool = False
    """A user password is needed."""

    pdf_version: str | None = None
    claimed_pdfa: str | None = None
    """Flavour that the file claims, such as `2b`; measured by nobody yet."""

    signatures: int = 0
    active: tuple[str, ...] = ()
    """Macros, scripts, launch actions found."""

    width_px: int | None = None
    height_px: int | None = None
    measured: Measured | None = None
    """Resolution, colour, layers, bit rates; None: nothing of the kind was looked for."""

    problem: str = ""
    """Rule id when the file could not be read as what it is (empty, truncated, bomb …)."""

    detail: str = ""


class Validated(Fact):
    """Gives of `validate`: only warnings are left, else it would have been `Rejected`."""

    findings: tuple[Finding, ...]
    inspections: ByName[Inspection]
    """By path as received."""

    malware: Tool | None = None
    """The scanner with engine and signature version; None: none configured."""


class Keepsake(Fact):
    """Bytes kept once per holding under `evidence/objects/`, before the package that names them is written."""

    sha256: str
    source: str
    """Where the bytes are, relative to the work folder."""


class LeantOn(Fact):
    """What the verdicts on one file leant on, so that they can be given again."""

    facts: str = ""
    """SHA-256 of the facts about the file's structure; empty: none are kept for its kind."""

    objects: tuple[str, ...] = ()
    """SHA-256 of certificates, CRLs, OCSP answers and time-stamps."""

    content: str = ""
    """SHA-256 of the file that a detached signature signs."""


class Judged(Fact):
    """Gives of `signatures`: verdicts by path as received; files without signatures are absent."""

    verdicts: ByName[tuple[SignatureVerdict, ...]]
    leant_on: ByName[LeantOn] = {}
    """By path as received."""

    keepsakes: tuple[Keepsake, ...] = ()
    """Every object that `leant_on` names, the trust set with its certificates, the policy."""

    findings: tuple[Finding, ...] = ()
    """Warnings only: no verdict rejects a document, the law wants it kept as it is."""

    tools: tuple[Tool, ...] = ()


@unique
class TextSource(StrEnum):
    """Where the text of a page comes from."""

    BORN_DIGITAL = "born-digital"
    OCR = "ocr"
    DECODED = "decoded"
    """A legacy encoding (TCVN3, VNI) decoded."""

    NONE = "none"


class FileText(Fact):
    """Text of one file."""

    jsonl: str
    """JSON Lines, zstd: one object a page (`metadata.texts.PageText`), relative to the work folder."""

    pages: int
    sources: dict[str, int]
    """Pages by `TextSource`."""

    mean_confidence: float | None = None
    """0 to 100 over OCRed words; None when nothing was OCRed."""

    doubtful_pages: tuple[int, ...] = ()
    """Page numbers from 1 that a person should look at."""

    ocr_pdf: str | None = None
    """By-product of OCR for `pdfa`: page pictures with invisible text, relative to the work folder."""

    head_marks: tuple[str, ...] = ()
    """Secrecy marks that OCR read in the head of page 1."""

    suggestions: tuple[Suggestion, ...] = ()
    """What the pages say of number, day, body, type, subject and signer; none of a page with a secrecy mark."""


class Texts(Fact):
    """Gives of `text`, by path as received; a file without text (video) is absent."""

    texts: ByName[FileText]
    findings: tuple[Finding, ...] = ()
    tools: tuple[Tool, ...] = ()


@unique
class Route(StrEnum):
    """Routes of the stage `pdfa` (DESIGN section 2)."""

    KEEP_SIGNED = "keep-signed"
    DERIVE_SIGNED = "derive-signed"
    OCR = "ocr"
    CONVERT = "convert"
    OFFICE = "office"
    KEEP = "keep"
    PICTURE = "picture"
    NONE = "none"
    """Original only: not convertible, with the reason."""

    NOT_APPLICABLE = "not-applicable"
    """Formats for which PDF/A is not asked (audio, video)."""


class Attempt(Fact):
    """One step of the conversion chain that was tried."""

    step: str
    accepted: bool
    judge: str = ""
    flavour: str | None = None
    rules: tuple[str, ...] = ()
    """Rules that the judge found broken, or the check that refused (`pages`, `letters`, `picture`, `size`)."""

    detail: str = ""


class Rendition(Fact):
    """Decision record for one file."""

    route: Route
    path: str | None = None
    """The PDF/A made, relative to the work folder; None: the original is the PDF/A, or there is none."""

    flavour: str | None = None
    """Measured flavour such as `2b`, never the one asked for."""

    judge: Tool | None = None
    confirmed: bool = True
    """False: only claimed (`claims PDF/A-2b, not confirmed`)."""

    attempts: tuple[Attempt, ...] = ()
    losses: tuple[str, ...] = ()
    reason: str = ""
    """Why there is no PDF/A, as a rule id or words."""


class Renditions(Fact):
    """Gives of `pdfa`, by path as received."""

    decisions: ByName[Rendition]
    findings: tuple[Finding, ...] = ()
    tools: tuple[Tool, ...] = ()


class Approved(Fact):
    """Who agreed that the dossier be archived; put beside the stages' facts by whoever takes the decision."""

    by: str
    at: str
    mode: str = "same"
    """`same` person that handed it in, or `separate`."""

    submitted_by: str = ""


class Adds(Fact):
    """The dossier becomes further parts of a stored one; put beside the stages' facts when its code is claimed."""

    dossier_id: str
    """UUID of the stored dossier, which is its first part's."""

    status: RecordStatus
    first_part: int
    """Number of the first of the new parts, from 2."""

    ordinals: dict[int, int] = {}
    """Ordinal in the stored dossier by ordinal as delivered; documents without one are left out."""

    relations: dict[int, tuple[DocumentRelation, ...]] = {}
    """What documents do to stored ones, by ordinal as delivered."""

    findings: tuple[Finding, ...] = ()
    """Warnings."""


class PackagedFile(Fact):
    """One file of the AIP."""

    path: str
    """Path inside the package."""

    source: str
    """Where its bytes are, relative to the work folder."""

    sha256: str
    sha512: str
    size_bytes: int


class Packaged(Fact):
    """Gives of `package`: the AIP, validated, parts in order (a dossier over 500 documents has several)."""

    parts: tuple[PackagedPart, ...]
    keepsakes: tuple[Keepsake, ...] = ()
    """What the parts name by digest and `store` keeps first."""


class PackagedPart(Fact):
    """One AIP: becomes one OCFL object."""

    package_id: str
    """UUID; that of the first part names the dossier."""

    files: InOrder[PackagedFile]


class StoredPart(Fact):
    """One OCFL object as stored and read back."""

    package_id: str
    version: str
    """OCFL version such as `v1`."""

    inventory_sha512: str
    files: int
    bytes_stored: int


class Stored(Fact):
    """Gives of `store`."""

    parts: tuple[StoredPart, ...]
    stored_at: str
    locations: tuple[str, ...]


class Indexed(Fact):
    """Gives of `index`."""

    documents: int
    pending: bool
    """True: the index was not reachable; the queue catches up."""


class Outcome(StrEnum):
    """How a stage decided."""

    DONE = "done"
    REJECTED = "rejected"
    HELD = "held"


class StageReport(Fact):
    """What the journal and the audit trail keep of a stage's run."""

    stage: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    tools: tuple[Tool, ...] = ()

    schema_version: ClassVar[int] = 1


Packaged.model_rebuild()
