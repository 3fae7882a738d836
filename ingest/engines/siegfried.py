"""Siegfried (through pygfried), with libmagic as second opinion: what a file is, by its bytes.

pygfried hangs after a fork and holds the GIL while it works: it is imported
only inside the tasks below, which run in spawned worker processes. PDF/A is
never taken from here: PRONOM sees what a file claims, and not even always that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.engines import libmagic
from ingest.facts import FileFormat, Tool
from ingest.ports import Answer, Limits, Workers
from metadata.errors import ToolMissingError, ToolUnreadableError
from metadata.formats import BINARY, UNKNOWN, Format, FormatKind, by_magic, by_puid, extension_of

LIMITS = Limits(cpu_seconds=60, wall_seconds=180, memory_mib=4096, output_mib=16)
"""For one batch: 0.4 ms for a small file, seconds for a container of some GiB.

Siegfried's Go runtime reserves 1.7 GiB of addresses and uses 100 MiB of them: with less, libraries beside it fail.
"""

BATCH_FILES = 32
_CURE = "pip install pygfried"
_BY_EXTENSION = "match on extension only"
_SEEN_OF_MAIL = 64 << 10
_NAMES_OF_MAIL = frozenset({"", "eml"})
"""A text file that quotes the head of a mail stays a text."""


# ---------------------------------------------------------------- tasks, in a worker process


def identify(scratch: Path, paths: list[str]) -> dict[str, Any]:
    """Worker task: what Siegfried and libmagic say of each file, in order.

    Raises:
        ToolMissingError: pygfried or libmagic is not installed.
        ToolUnreadableError: Siegfried's answer has another form than version 1.11 gives.
        OSError: a file cannot be read.
    """
    del scratch
    return {"files": [_said(Path(path)) for path in paths]}


def versions(scratch: Path) -> dict[str, Any]:
    """Worker task: versions of both programs and of the signature files, taken from a real answer."""
    probe = scratch / "probe.txt"
    probe.write_text("Lưu trữ\n", encoding="utf-8")
    answer = _ask(probe)
    details = "; ".join(str(identifier["details"]) for identifier in answer["identifiers"])
    return {"siegfried": f"{answer['siegfried']}, {details}", "libmagic": libmagic.version()}


def _ask(path: Path) -> dict[str, Any]:
    try:
        import pygfried  # noqa: PLC0415 - never in a process that may fork
    except ImportError as error:
        raise ToolMissingError("pygfried", _CURE) from error
    with path.open("rb"):  # A file that cannot be read is the system's fault, with the system's words.
        pass
    answer: dict[str, Any] = dict(pygfried.identify(str(path), detailed=True))
    return answer


def _said(path: Path) -> dict[str, Any]:
    answer = _ask(path)
    try:
        file = answer["files"][0]
        matches = [match for match in file["matches"] if match["ns"] == "pronom"]
        first = matches[0]
        return {
            "puid": str(first["id"]),
            "name": str(first["format"]),
            "version": str(first["version"]),
            "warnings": [text for match in matches if (text := str(match["warning"]))],
            "others": [str(match["id"]) for match in matches[1:]],
            "errors": str(file["errors"]),
            "magic": _second_opinion(path),
        }
    except (KeyError, IndexError, TypeError) as error:
        raise ToolUnreadableError("siegfried", repr(answer)) from error


def _second_opinion(path: Path) -> str:
    """libmagic's; it knows mail only by a few headers that stand first, and programs put them in any order."""
    from ingest.engines.mail_message import looks_like_mail  # noqa: PLC0415 - a parser, for the worker alone

    mime = libmagic.mime_of(path)
    if mime.startswith("text/") and extension_of(path.name) in _NAMES_OF_MAIL:
        with path.open("rb") as stream:
            if looks_like_mail(stream.read(_SEEN_OF_MAIL)):
                return "message/rfc822"
    return mime


# ---------------------------------------------------------------- the parent's side


def _agreed(puid: str, second: Format | None) -> Format | None:
    """The format that only a name suggests, when the bytes do not contradict it."""
    known = by_puid(puid)
    if known is None or second is None:
        return None
    both_text = known.kind is FormatKind.TEXT and second.kind is FormatKind.TEXT
    return known if both_text or known.id == second.id else None


def format_from(said: Mapping[str, Any]) -> FileFormat:
    """The format, decided from what the two programs say of one file.

    Siegfried decides where it knows the bytes. What it does not know, or knows
    by the name only, is what libmagic makes of it, with the PRONOM id `UNKNOWN`
    unless both agree.
    """
    magic_mime = str(said["magic"])
    second = by_magic(magic_mime)
    warnings = [*said["warnings"], *([said["errors"]] if said["errors"] else [])]
    warnings += [f"also {puid}" for puid in said["others"]]
    puid, name, version = said["puid"], said["name"], said["version"]
    if puid == UNKNOWN or _BY_EXTENSION in said["warnings"]:
        known = _agreed(puid, second)
        if known is None:
            known = second
            puid, name, version = UNKNOWN, second.name if second else "", ""
    else:
        known = by_puid(puid) or second
    mime = known.mime if known else magic_mime or BINARY
    return FileFormat(puid=puid, name=name, version=version, mime=mime, magic_mime=magic_mime, warnings=tuple(warnings))


def _beyond_limits(answer: Answer) -> FileFormat:
    return FileFormat(
        puid=UNKNOWN, name="", version="", mime=BINARY, warnings=(f"identification ended: {answer.breach}",)
    )


@dataclass(slots=True)
class SiegfriedIdentifier:
    """See `ingest.ports.FormatIdentifier`. A file that breaks the identifier is `UNKNOWN`, the limit its warning."""

    workers: Workers
    limits: Limits = LIMITS
    _tools: tuple[Tool, ...] = ()

    def identify(self, paths: Sequence[Path]) -> Sequence[FileFormat]:
        """See `FormatIdentifier.identify`."""
        batches = [paths[start : start + BATCH_FILES] for start in range(0, len(paths), BATCH_FILES)]
        futures = [self._submit(batch) for batch in batches]
        return [found for batch, future in zip(batches, futures, strict=True) for found in self._formats(batch, future)]

    def _submit(self, paths: Sequence[Path]) -> Future[Answer]:
        arguments = {"paths": [str(path) for path in paths]}
        return self.workers.submit("ingest.engines.siegfried:identify", arguments, limits=self.limits)

    def _formats(self, batch: Sequence[Path], future: Future[Answer]) -> Iterator[FileFormat]:
        answer = future.result()
        if answer.breach is None:
            yield from (format_from(said) for said in answer.value["files"])
        elif len(batch) == 1:
            yield _beyond_limits(answer)
        else:  # One file of the batch is to blame: each for itself.
            for path in batch:
                yield from self._formats([path], self._submit([path]))

    def tools(self) -> tuple[Tool, ...]:
        """See `FormatIdentifier.tools`."""
        if not self._tools:
            answer = self.workers.submit("ingest.engines.siegfried:versions", {}, limits=self.limits).result()
            if answer.breach is not None:
                raise ToolUnreadableError("siegfried", f"{answer.breach} {answer.detail}")
            self._tools = (
                Tool(name="siegfried", version=str(answer.value["siegfried"])),
                Tool(name="libmagic", version=str(answer.value["libmagic"])),
            )
        return self._tools
