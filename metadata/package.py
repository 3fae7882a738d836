"""What a stored package says of itself: the record from which catalogue, index and answers are made.

A catalogue row is made only from a `PackageRecord`, so that a catalogue rebuilt
from storage gives the same answers as the one that grew with the ingests.
`metadata.package_reader` makes one from the bytes of a package.
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from metadata.bridge.kept import ConversionNotes
from metadata.descriptions import Description, DocumentDescription, RecordStatus
from metadata.errors import ArchiveError
from metadata.findings import Finding
from metadata.receipts import Receipt
from metadata.verdicts import SignatureVerdict

FORMAT_VERSION = "luutru-aip 1.2"
"""Version of the package's form, written into METS and the OCFL root."""

READABLE_FORMATS = ("luutru-aip 1.0", "luutru-aip 1.1", FORMAT_VERSION)
"""Every form that was ever written: a package stays readable as long as there are archives."""

MAX_DOCUMENTS = 500
"""Documents in one package; a larger dossier has further parts."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@unique
class Representation(StrEnum):
    """Where in the package a file stands."""

    ORIGINAL = "rep1"
    RENDITION = "rep2"
    TEXT = "rep3"
    SOURCE = "source"
    """Metadata exactly as received."""


class Conversion(_Kept):
    """What the archive decided about a PDF/A copy of one file."""

    route: str
    """Word of `ingest.facts.Route`, such as `derive-signed`."""

    flavour: str | None = None
    """Measured flavour such as `2b`; None: there is no PDF/A."""

    judge: str = ""
    judge_version: str = ""
    confirmed: bool = True
    """False: only claimed by the file, measured by nobody."""

    losses: tuple[str, ...] = ()
    reason: str = ""
    """Why there is no PDF/A."""


class PackageFile(_Kept):
    """One file of the package that came in or was made from one."""

    path: str
    """Path inside the package."""

    original_name: str
    """Path in the delivery as received; for a made file that of the file it was made from."""

    representation: Representation
    sha256: str
    sha512: str
    size_bytes: int
    mime: str
    puid: str = ""
    format_name: str = ""
    format_version: str = ""
    ordinal: int | None = None
    """Document it belongs to; None for sources."""

    part: int = 1
    """Number among the files of its document, from 1."""

    derived_from: str | None = None
    """Path inside the package of the original it was made from."""

    conversion: Conversion | None = None
    """Decision about a PDF/A copy: on the original that was kept or could not be converted, or on the rendition."""

    held: bool = False
    """The bytes lie once per holding under `evidence/objects/{sha256}`, not here: a list of many dossiers."""


class FileVerdicts(_Kept):
    """Verdicts at intake on the signatures of one original."""

    path: str
    """Path inside the package of the file that was judged."""

    sha256: str
    """Digest of the bytes that were judged."""

    trust_set: str = ""
    """SHA-256 of the trust snapshot; empty: none was used."""

    policy: str = ""
    """SHA-256 of the validation policy; empty: the engine's own rules."""

    judged_at: str = ""
    """The time of judging that was used, RFC 3339."""

    engine: str = ""
    """Engine and version."""

    facts: str = ""
    """SHA-256 of the kept facts about the file's structure (`evidence/objects/`); empty: none are kept."""

    objects: tuple[str, ...] = ()
    """The validation bundle: SHA-256 of certificates, CRLs, OCSP answers and time-stamps under `evidence/objects/`."""

    content: str = ""
    """SHA-256 of the file that a detached signature signs."""

    verdicts: tuple[SignatureVerdict, ...]


class TextSummary(_Kept):
    """What is known of the text of one file without reading it."""

    path: str
    """Path inside the package of the JSON Lines file."""

    pages: int
    sources: dict[str, int] = {}
    """Pages by source (`born-digital`, `ocr`, `decoded`, `none`)."""

    mean_confidence: float | None = None
    doubtful_pages: tuple[int, ...] = ()
    corrected_pages: tuple[int, ...] = ()
    """Pages of which a person corrected the text."""

    confirmed_pages: tuple[int, ...] = ()
    """Pages that a person read and found nothing to correct in."""


class PackageDocument(_Kept):
    """One document with everything the package has of it."""

    description: DocumentDescription
    originals: tuple[PackageFile, ...] = ()
    renditions: tuple[PackageFile, ...] = ()
    text_files: tuple[PackageFile, ...] = ()
    texts: tuple[TextSummary, ...] = ()
    verdicts: tuple[FileVerdicts, ...] = ()

    @property
    def ordinal(self) -> int:
        """Number in the dossier."""
        return self.description.ordinal


class PackageEvent(_Kept):
    """One PREMIS event."""

    id: str
    type: str
    at: str
    """EDTF: an instant, or `from/to`."""

    outcome: str = ""
    detail: str = ""
    agents: dict[str, str] = {}
    """Role by agent id."""

    objects: dict[str, str] = {}
    """Role (`source`, `outcome`) by object: a path inside the package, empty for the package itself.

    An event of a whole representation (`representations/rep1`) happened to each of its files.
    """

    def concerns(self, path: str) -> bool:
        """Whether it happened to the file `path`, alone or with its whole representation or package."""
        return any(place in ("", path) or path.startswith(f"{place}/") for place in self.objects)


class PackageAgent(_Kept):
    """One PREMIS agent."""

    id: str
    name: str
    type: str
    """`software`, `person`, `organization`."""

    version: str = ""
    note: str = ""
    """Exact command line of a program, where there was one."""


class Approval(_Kept):
    """Who agreed that the dossier be archived."""

    by: str
    at: str
    mode: str = "same"
    """`same` person that handed it in, or `separate`."""


class PackageRecord(_Kept):
    """Everything that `show`, the catalogue and the index need, from the package alone."""

    package_id: str
    """UUID of this part."""

    dossier_id: str
    """UUID of the first part: names the dossier."""

    part: int = 1
    parts: int = 1
    """How many the dossier had when this one was made; later ones add to it."""

    record_status: RecordStatus = RecordStatus.NEW
    """Whether it is (a part of) the dossier as first delivered, or adds to it."""

    format_version: str = FORMAT_VERSION
    """Form in which the package lies, one of `READABLE_FORMATS`."""

    program_version: str = ""
    created_at: str
    """When the package was made, RFC 3339."""

    received_at: str = ""
    submission_id: str = ""
    fingerprint: str = ""
    """Of the delivery: the same delivery has the same one."""

    agency: str = ""
    agency_name: str = ""
    approval: Approval | None = None
    submitted_by: str = ""
    reader: str = ""
    profile: str = ""
    file_code: str = ""
    dossier: Description
    """Fields of the dossier as delivered, keys of the profile table."""

    fonds: Description | None = None
    """What a table of fonds beside the delivery says of the dossier's fonds, keys of that table."""

    documents: tuple[PackageDocument, ...] = ()
    sources: tuple[PackageFile, ...] = ()
    source_verdicts: tuple[FileVerdicts, ...] = ()
    """Verdicts at intake on the signatures of metadata files as received: messages of the exchange are signed."""

    findings: tuple[Finding, ...] = ()
    """Warnings at intake."""

    conversion: ConversionNotes | None = None
    """What the conversion to the circular in force lost or doubts; None: nothing, or there was none."""

    events: tuple[PackageEvent, ...] = ()
    agents: tuple[PackageAgent, ...] = ()
    receipt: Receipt | None = None


class PackageBrokenError(ArchiveError):
    """A package of the archive is not what it was when it was made: something is missing, altered or unreadable."""

    code: ClassVar[str] = "package.broken"
    retryable: ClassVar[bool] = False

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        said = "; ".join(f"{finding.rule} {finding.subject}".strip() for finding in findings[:10])
        super().__init__(f"the package is broken: {said}")
