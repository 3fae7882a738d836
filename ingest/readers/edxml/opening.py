"""Messages opened: read in workers, their attachments laid down beside them, every oddity told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.ports import Answer, Limits, Workers
from ingest.readers.containers import Containers, is_container
from ingest.readers.edxml.laying import Laid
from ingest.readers.edxml.naming import file_name
from metadata.edxml_facts import content_id, packet_of
from metadata.edxml_packet import Packet, Reference
from metadata.edxml_tree import Element, line_of
from metadata.errors import ToolUnreadableError
from metadata.findings import Finding
from metadata.formats import FormatKind, by_extension, extension_of
from metadata.mime_entities import MOST_JUDGED_BYTES

TASK = "ingest.engines.edxml_packet:read_packet"
MEMORY_MIB = 256
"""For the worker, however large the message is."""

BATCH = 32
"""Messages in work at the same time."""

_MOST_BYTES = 16 << 30
_QUOTA = 3
_MIB = 1 << 20
_DEEPEST = 3
_PACKED_KINDS = frozenset({FormatKind.OOXML, FormatKind.ODF})
_FOLDER = ".tep"
_NO_MESSAGE = "EDX-003"


@dataclass(frozen=True, slots=True)
class Message:
    """One delivered message."""

    path: str
    packet: Packet | None
    """None: it cannot be read, `findings` say why."""

    files: tuple[str, ...] = ()
    """Its attachments, relative to the root, in the order of the manifest."""

    findings: tuple[Finding, ...] = ()

    @property
    def is_something_else(self) -> bool:
        """Whether it can be read and is no message of the exchange."""
        return self.packet is None and any(found.rule == _NO_MESSAGE for found in self.findings)

    @property
    def secrets(self) -> tuple[Finding, ...]:
        """Grades of secrecy that it bears."""
        return self.packet.secrets if self.packet else ()


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens messages.

    Args:
        workers: Where delivered bytes are parsed.
        containers: Opens the ZIP that a widespread library puts around attachments.
        laid: Where the messages lie, and attachments go.
        staging: A folder beside it for what is not settled yet.
        most_bytes: That the attachments of one message may have together.
        most_judged_bytes: Of a message in MIME parts whose own signature is judged later.
    """

    workers: Workers
    containers: Containers
    laid: Laid
    staging: Path
    most_bytes: int = _MOST_BYTES
    most_judged_bytes: int = MOST_JUDGED_BYTES

    def opened(self, paths: Sequence[str]) -> Iterator[Message]:
        """The messages at `paths`, in order.

        Raises:
            ArchiveError: the system failed.
        """
        for start in range(0, len(paths), BATCH):
            batch = list(enumerate(paths[start : start + BATCH], start=start))
            futures = [
                self.workers.submit(TASK, self._arguments(path), limits=self._limits(path), deposit=self._deposit(n))
                for n, path in batch
            ]
            for (number, path), future in zip(batch, futures, strict=True):
                yield self._message(path, future.result(), self._deposit(number))

    def _arguments(self, path: str) -> dict[str, Any]:
        return {"path": str((self.laid.root / path).absolute()), "most_bytes": self.most_bytes}

    def _limits(self, path: str) -> Limits:
        """Time by the size of the message: a small one that takes hours is hostile."""
        mib = (self.laid.root / path).lstat().st_size / _MIB
        largest = self.most_bytes // _QUOTA // _MIB + 64
        return Limits(cpu_seconds=60 + 2 * mib, wall_seconds=300 + 10 * mib, memory_mib=MEMORY_MIB, output_mib=largest)

    def _deposit(self, number: int) -> Path:
        return self.staging / str(number)

    def _message(self, path: str, answer: Answer, deposit: Path) -> Message:
        if answer.breach is not None:
            return _refused(path, "EDX-007", f"{answer.breach} {answer.detail}".strip())
        try:
            if not answer.value["message"]:
                return Message(path, None, findings=(Finding(rule=_NO_MESSAGE, subject=path, file=path),))
            if refused := answer.value.get("refused"):
                return _refused(path, *refused)
            packet = packet_of(Element.of(answer.value["tree"]), path)
            entries = [_Entry.of(entry) for entry in answer.value["attachments"]]
            form, namespaces = str(answer.value["form"]), list(answer.value["namespaces"])
        except (KeyError, TypeError, ValueError) as error:
            raise ToolUnreadableError(TASK, repr(error)) from error
        told = [*_form_findings(path, form, namespaces), *packet.findings]
        size = (self.laid.root / path).stat().st_size
        if form == "mime" and packet.signature == "signed" and size > self.most_judged_bytes:
            limit = f"{self.most_judged_bytes // _MIB} MiB"
            told.append(Finding(rule="EDX-038", subject=path, file=path, values={"limit": limit}))
        if packet.secrets:
            # Nothing of it is laid down: the staging folder goes with all that is in it.
            return Message(path, packet)
        laying = _Attachments(self, path, answer, deposit)
        files = laying.laid_down(entries, packet.references)
        return Message(path, packet, files, (*told, *laying.findings))


@dataclass(slots=True)
class _Entry:
    """An attachment, as the worker told of it."""

    line: int | None
    name: str
    content_id: str
    content_type: str
    number: str
    problem: str
    too_large: bool
    packed: str
    bytes: int
    forgiven: tuple[str, ...]
    reference: Reference | None = None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> _Entry:
        return cls(
            raw["line"],
            raw["name"],
            content_id(raw["content_id"]),
            raw["content_type"],
            raw["number"],
            raw["problem"],
            bool(raw["too_large"]),
            raw["packed"],
            int(raw["bytes"]),
            tuple(raw["forgiven"]),
        )


@dataclass(slots=True)
class _Attachments:
    """Lays down the attachments of one message."""

    opener: Opener
    path: str
    answer: Answer
    deposit: Path
    findings: list[Finding] = field(default_factory=list)
    _folder: str = ""

    def laid_down(self, entries: list[_Entry], references: Sequence[Reference]) -> tuple[str, ...]:
        """Paths of the files, those that the manifest names first."""
        self._folder = self.opener.laid.free(f"{self.path}{_FOLDER}")
        self._match(entries, references)
        places = {id(reference): place for place, reference in enumerate(references)}
        last = len(places)
        ordered = sorted(entries, key=lambda entry: places.get(id(entry.reference), last))
        files: list[str] = []
        for number, entry in enumerate(ordered, start=1):
            files += self._laid(entry, number)
        return tuple(files)

    # ------------------------------------------------------------ manifest and attachments

    def _match(self, entries: list[_Entry], references: Sequence[Reference]) -> None:
        by_id: dict[str, _Entry] = {}
        for entry in entries:
            if entry.content_id and entry.content_id in by_id:
                self._tell("EDX-012", entry.line, written=entry.content_id)
            by_id.setdefault(entry.content_id, entry)
        open_references: list[Reference] = []
        for reference in references:
            found = by_id.get(reference.content_id) if reference.content_id else None
            if found is None:
                open_references.append(reference)
            elif found.reference is None:
                found.reference = reference
        for reference in open_references:
            self._match_by_name(reference, [entry for entry in entries if entry.reference is None])
        left = [entry for entry in entries if entry.reference is None]
        if left:
            names = ", ".join(entry.name or entry.content_id or "?" for entry in left[:5])
            self._tell("EDX-014", left[0].line, count=str(len(left)), written=names)

    def _match_by_name(self, reference: Reference, free: list[_Entry]) -> None:
        same = [entry for entry in free if reference.name and entry.name == reference.name]
        values = {"written": reference.name or "?", "content_id": reference.content_id or "?"}
        if len(same) == 1:
            same[0].reference = reference
            self._tell("EDX-028", reference.line, **values)
        else:
            self._tell("EDX-013", reference.line, **values)

    # ------------------------------------------------------------ one attachment

    def _laid(self, entry: _Entry, number: int) -> list[str]:
        written = entry.name or (entry.reference.name if entry.reference else "")
        name = file_name(written, entry.content_type, number)
        if not entry.number:
            self._tell("EDX-013", entry.line, written=written or "?", content_id=entry.content_id or "?")
            return []
        if entry.problem:
            self._tell("EDX-010", entry.line, written=written or name, detail=entry.problem)
            return []
        if entry.too_large:
            self._tell("EDX-018", entry.line, written=written or name, detail=f"{entry.bytes} bytes")
            return []
        if entry.forgiven:
            self._tell("EDX-011", entry.line, written=written or name, detail=", ".join(entry.forgiven))
        if name != written:
            self._tell("EDX-015", entry.line, written=written or "—", name=name)
        made = self.answer.outputs.get(entry.number)
        if made is None:
            raise ToolUnreadableError(TASK, f"no output {entry.number}")
        if _is_wrapper(entry, name):
            return self._unpacked(made, name, entry)
        return [self._placed(made, name, entry.line)]

    def _placed(self, made: Path, name: str, line: int | None) -> str:
        wanted = f"{self._folder}/{name}"
        path = self.opener.laid.free(wanted)
        if path != wanted:
            self._tell("EDX-019", line, written=name, name=path.rpartition("/")[2])
        self.opener.laid.move(made, path)
        return path

    def _unpacked(self, made: Path, name: str, entry: _Entry) -> list[str]:
        members = list(self._members(made, name, 1))
        if len(members) == 1:
            only, inner = members[0]
            # The ZIP is a coat that a library puts on; the message itself tells the name of what is in it.
            kept = inner.rpartition("/")[2] if _is_archive(name) else name
            self._tell("EDX-016", entry.line, written=name, name=kept)
            return [self._placed(only, kept, entry.line)]
        if members:
            self._tell("EDX-017", entry.line, written=name, count=str(len(members)))
        stem = name.rpartition(".")[0] or name
        return [self._placed(only, f"{stem}/{inner}", entry.line) for only, inner in members]

    def _members(self, container: Path, name: str, depth: int) -> Iterator[tuple[Path, str]]:
        """Files in the container, those of containers in it too, with their paths inside."""
        opened = self.opener.containers.opened(container, self.deposit / f"zip{depth}", name=name)
        self.findings += [found.model_copy(update={"file": self.path}) for found in opened.findings]
        if opened.refused:
            return
        for path in sorted(path for path in opened.root.rglob("*") if path.is_file()):
            inner = path.relative_to(opened.root).as_posix()
            if not is_container(path):
                yield path, inner
            elif depth < _DEEPEST:
                yield from self._members(path, inner, depth + 1)
            else:
                self._tell_of("CON-010", inner)

    def _tell_of(self, rule: str, subject: str) -> None:
        self.findings.append(Finding(rule=rule, subject=subject, file=self.path))

    def _tell(self, rule: str, line: int | None, **values: str) -> None:
        values |= line_of(line)
        self.findings.append(Finding(rule=rule, subject=self.path, file=self.path, values=values))


def _is_wrapper(entry: _Entry, name: str) -> bool:
    """Whether a ZIP is a coat around files; half a DOCX is a damaged DOCX, though its bytes begin like a ZIP."""
    if entry.packed in {"", "document"}:
        return False
    promised = by_extension(extension_of(name))
    return entry.packed == "wrapper" or promised is None or promised.kind not in _PACKED_KINDS


def _is_archive(name: str) -> bool:
    known = by_extension(extension_of(name))
    return known is None or known.kind is FormatKind.ARCHIVE


def _refused(path: str, rule: str, detail: str) -> Message:
    return Message(path, None, findings=(Finding(rule=rule, subject=path, file=path, values={"detail": detail}),))


def _form_findings(path: str, form: str, namespaces: Sequence[str]) -> Iterator[Finding]:
    if form != "edxml":
        yield Finding(rule="EDX-005", subject=path, file=path, values={"form": form.upper()})
    if namespaces:
        shown = ", ".join("(không có)" if name == "-" else name for name in namespaces)
        yield Finding(rule="EDX-004", subject=path, file=path, values={"written": shown})
