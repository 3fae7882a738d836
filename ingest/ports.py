"""What the pipeline needs from the outside, as Protocols. Only `archive.composition` picks backends and engines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ingest.facts import FileFormat, Tool
from metadata.corrections import Corrections
from metadata.descriptions import Delivery, RecordStatus
from metadata.explanations import SheetExplanation
from metadata.heading_mapping import SavedMapping
from metadata.verdicts import SignatureVerdict

A = TypeVar("A")
_AHEAD = 8
"""Tasks for each worker that are handed in before the first of them is answered."""

# ---------------------------------------------------------------- worker processes


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task in a worker process may use; a breach ends the process, not the archive."""

    cpu_seconds: float = 60.0
    wall_seconds: float = 180.0
    memory_mib: int = 3072
    output_mib: int = 1024
    """Largest single file that the task may write."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a task ended.

    `breach` names a limit (`cpu`, `wall`, `memory`, `output`, `crash`) when the
    process had to be ended or died: that is a fact about the file, found twice,
    never about the archive. Exceptions that a task raises as `ArchiveError`
    (tool missing, tool unreadable) are raised by `Workers` in the parent.
    """

    value: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Path] = field(default_factory=dict)
    """Files the task made, by the name it gave them, already moved to `deposit`."""

    breach: str | None = None
    detail: str = ""


class Workers(Protocol):
    """A pool of spawned worker processes, one task at a time each."""

    @property
    def size(self) -> int:
        """Number of processes that work at the same time."""
        ...

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        """Run `task` in a worker.

        Args:
            task: `module:function` below `ingest.engines` or `archive.preservation.signatures`.
                The function takes the arguments as keywords plus `scratch: Path` (its empty
                temporary folder) and returns a JSON-able dict. A key `outputs`
                (name -> path below scratch) hands files over.
            arguments: JSON-able; paths as text, readable for the worker.
            limits: Ends the process on breach.
            deposit: Folder into which outputs are moved (fsync, rename).

        Raises (through the future):
            ArchiveError: the task raised one; the same class and data.
        """
        ...


def in_turn(workers: Workers, asked: Iterable[A], submit: Callable[[A], Future[Answer]]) -> Iterator[tuple[A, Answer]]:
    """Answers in order, a few tasks handed in ahead: for more of them than should wait in memory.

    Args:
        workers: Tell how many tasks run at the same time.
        asked: What is asked about.
        submit: Hands one of them in.
    """
    waiting: deque[tuple[A, Future[Answer]]] = deque()
    for one in asked:
        waiting.append((one, submit(one)))
        if len(waiting) > _AHEAD * workers.size:
            first, future = waiting.popleft()
            yield first, future.result()
    for one, future in waiting:
        yield one, future.result()


# ---------------------------------------------------------------- engines


@dataclass(frozen=True, slots=True)
class Reading:
    """What the person who hands in says of a delivery, beside what it says of itself."""

    register: bool = False
    """Documents may have no files: a register, or an old database exported as tables."""

    mapping: SavedMapping | None = None
    """Which field the columns of spreadsheets mean, where the person has said so."""

    status: RecordStatus | None = None
    """Supplement or replacement, for dossiers that do not say it themselves."""

    accept_suggestions: bool = False
    """Blanks of documents may be filled with what their pages show, marked as machine-made."""

    corrections: Corrections | None = None
    """Cells of spreadsheets that a person corrected after the delivery was rejected or returned."""

    added: Path | None = None
    """Folder of files that came after the container of the delivery, to be laid over what it holds."""

    received: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 that the files of the delivery had when they first came, by path; a container's by its name."""


class Reader(Protocol):
    """Reads one kind of delivery."""

    @property
    def name(self) -> str:
        """What the reader is called, such as `folder`."""
        ...

    def recognises(self, path: Path) -> bool:
        """Whether `path` looks like a delivery of this kind (names only, nothing is parsed)."""
        ...

    def read(self, path: Path, room: Path) -> Delivery:
        """Read metadata and list files; opens no content but the metadata's.

        Args:
            path: The delivery, which stays as it is.
            room: Where this delivery alone may lay down what stands inside containers (members of a ZIP,
                attachments of a message). Not there yet: a reader that needs it makes it, and leaves in it
                nothing that is not durable. Kept until every dossier of the delivery is done.

        Raises:
            ArchiveError: the delivery cannot be read for a reason of the system (permissions, I/O).
        """
        ...


class Explainer(Protocol):
    """Says how spreadsheets are understood."""

    def explain(self, path: Path) -> tuple[SheetExplanation, ...]:
        """Which heading of the delivery at `path` was taken for which field.

        Raises:
            UsageError: nothing there can be explained.
            ArchiveError: the system failed.
        """
        ...


class FormatIdentifier(Protocol):
    """Says what files are by their bytes."""

    def identify(self, paths: Sequence[Path]) -> Sequence[FileFormat]:
        """One format a path, in order.

        Raises:
            ToolMissingError, ToolUnreadableError: never to be read as `unknown format`.
        """
        ...

    def tools(self) -> tuple[Tool, ...]:
        """Programs, libraries and signature files with versions."""
        ...


class MalwareScanner(Protocol):
    """Says whether a file carries known malware."""

    def scan(self, path: Path) -> str | None:
        """Name of what was found, None when clean; `Heuristics.Limits…` means not wholly scanned.

        Raises:
            ArchiveError: the scanner could not say; never to be read as clean.
        """
        ...

    def tool(self) -> Tool:
        """Engine and signature version."""
        ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """What judging one file gave, with all that it leant on: enough to judge again without network."""

    verdicts: tuple[SignatureVerdict, ...]
    """Empty: the file carries no signature, and nothing else is given."""

    facts: bytes = b""
    """Canonical document of the facts about the file's structure; empty: none are kept for its kind."""

    objects: tuple[bytes, ...] = ()
    """The validation bundle: certificates, CRLs, OCSP answers and time-stamps that were used or handed in, DER."""

    wanted: tuple[tuple[bytes, bytes], ...] = ()
    """Certificates of whose revocation nothing tells, each with its issuer, DER: what a broker may ask for."""

    missing: tuple[str, ...] = ()
    """Why of what is wanted nothing could be had, a sentence for each certificate; empty where nobody asked."""

    keepsakes: tuple[bytes, ...] = ()
    """What the verdicts name and is kept once per holding: trust set, its certificates, policy.

    With the judgement and not asked for afterwards: the operator may change trust between the two.
    """


class SignatureJudge(Protocol):
    """Judges every signature of a file on its original bytes (`archive.preservation.signatures`)."""

    def judge(
        self, paths: Sequence[Path], *, contents: Mapping[Path, Path] | None = None
    ) -> Sequence[tuple[SignatureVerdict, ...]]:
        """Verdicts per path, in order; an unsigned file gives an empty tuple. Never raises for content.

        Args:
            paths: Files, each judged on its own bytes.
            contents: For a detached signature (`.p7s`) the file that it signs; without an
                entry the file of the same name without `.p7s` in the same folder.
        """
        ...

    def trust_set(self) -> str:
        """SHA-256 of the trust snapshot in use."""
        ...

    def tools(self) -> tuple[Tool, ...]:
        """Engines with versions."""
        ...


class EvidenceJudge(SignatureJudge, Protocol):
    """A judge that also gives what its verdicts lean on, so that they can be given again in forty years."""

    def judgements(
        self,
        paths: Sequence[Path],
        *,
        contents: Mapping[Path, Path] | None = None,
        beside: Mapping[Path, Mapping[str, Path]] | None = None,
        revocation: Sequence[bytes] = (),
    ) -> Sequence[Judgement]:
        """As `judge`, with what each verdict leant on.

        Args:
            paths: As for `judge`.
            contents: As for `judge`.
            beside: For an XML signature in a file of its own: files that it may lead to, by their addresses as seen
                from it (`../METS.xml`).
            revocation: CRLs and OCSP answers (DER) known beside what the files carry; in each bundle that used them.
        """
        ...


@dataclass(frozen=True, slots=True)
class PdfaVerdict:
    """What a judge says of a file and a flavour."""

    status: str
    """`valid`, `invalid`, `no_claim`, `unsure` (the judge cannot say), `unreadable`."""

    flavour: str | None
    rules: tuple[str, ...] = ()
    detail: str = ""


class PdfaJudge(Protocol):
    """Says whether bytes are PDF/A."""

    def tool(self) -> Tool:
        """Program and version."""
        ...

    def check(self, path: Path, flavour: str | None) -> PdfaVerdict:
        """Judge `path` against `flavour`, or against what it claims when None.

        Raises:
            ToolMissingError, ToolUnreadableError: never to be read as `invalid`.
        """
        ...
