"""A first look inside a delivered file, before any heavy program sees it (`ingest.engines.inspection:inspect`).

Only in worker processes. Every library error about the content becomes a
finding here; what is left over is a defect and a fault. Limits follow the
measurements in ADR 0051.
"""

from __future__ import annotations

import errno
import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from metadata.formats import Format, FormatKind, by_mime

EMPTY = "ING-010"
DAMAGED = "ING-011"
PASSWORD = "ING-012"  # noqa: S105 - a rule's id
TOO_MUCH = "ING-013"
UNSAFE_ENTRY = "ING-014"
ENTITIES = "ING-015"
REPAIRED = "ING-016"
MANY_PAGES = "ING-017"
ACTIVE = "ING-030"
EMBEDDED = "ING-031"
MEDIA_UNKNOWN = "DIG-010"

_LOOKS = {
    FormatKind.PDF: "inspection_pdf:look",
    FormatKind.OOXML: "inspection_office:look_into_zip",
    FormatKind.ODF: "inspection_office:look_into_zip",
    FormatKind.OLE: "inspection_office:look_into_ole",
    FormatKind.RTF: "inspection_text:look_into_rtf",
    FormatKind.TEXT: "inspection_text:look_into_text",
    FormatKind.XML: "inspection_text:look_into_xml",
    FormatKind.IMAGE: "inspection_image:look",
    FormatKind.MAIL: "inspection_mail:look",
    FormatKind.SIGNATURE: "inspection_signature:look",
    FormatKind.AUDIO: "mediainfo:look",
    FormatKind.VIDEO: "mediainfo:look",
}


_NONSENSE = frozenset({errno.EINVAL, errno.EOVERFLOW})


class ProblemError(Exception):
    """The file breaks the rule `rule`; nothing more can be said of it."""

    def __init__(self, rule: str, detail: str) -> None:
        self.rule = rule
        self.detail = detail[:300]
        super().__init__(detail)


@dataclass(slots=True)
class Look:
    """What is found, in the order in which it is found; `as_answer` is the task's answer."""

    pages: int | None = None
    encrypted: bool = False
    pdf_version: str | None = None
    claimed_pdfa: str | None = None
    signatures: int = 0
    active: set[str] = field(default_factory=set)
    embedded: int = 0
    width_px: int | None = None
    height_px: int | None = None
    measured: dict[str, Any] = field(default_factory=dict)
    """Fields of `metadata.measures.Measured`."""

    problem: str = ""
    detail: str = ""
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def as_answer(self) -> dict[str, Any]:
        """The inspection's fields, and all findings as pairs of rule and detail, errors first."""
        findings = [(self.problem, self.detail)] if self.problem else []
        findings += self.warnings
        findings += [(ACTIVE, ", ".join(sorted(self.active)))] if self.active else []
        findings += [(EMBEDDED, str(self.embedded))] if self.embedded else []
        inspection = {
            "pages": self.pages,
            "encrypted": self.encrypted,
            "pdf_version": self.pdf_version,
            "claimed_pdfa": self.claimed_pdfa,
            "signatures": self.signatures,
            "active": sorted(self.active),
            "width_px": self.width_px,
            "height_px": self.height_px,
            "measured": self.measured or None,
            "problem": self.problem,
            "detail": self.detail,
        }
        return {"inspection": inspection, "findings": findings}


def inspect(scratch: Path, path: str, mime: str) -> dict[str, Any]:
    """Worker task: look into the file at `path`, which is `mime` by its bytes.

    Returns:
        `inspection` (fields of `ingest.facts.Inspection`) and `findings` (pairs of rule id and detail).

    Raises:
        ToolMissingError: a library that is needed is not installed.
        OSError: the file cannot be read.
    """
    del scratch
    look = Look()
    file = Path(path)
    known = by_mime(mime)
    try:
        _look(file, known, look)
    except ProblemError as problem:
        look.problem, look.detail = problem.rule, problem.detail
        look.encrypted = look.encrypted or problem.rule == PASSWORD
    except OSError as error:
        # A library that follows an offset out of the file asks the system for nonsense: the file's fault.
        if error.errno not in _NONSENSE:
            raise
        look.problem, look.detail = DAMAGED, str(error.strerror)
    return look.as_answer()


def _look(file: Path, known: Format | None, look: Look) -> None:
    if file.stat().st_size == 0:
        raise ProblemError(EMPTY, "0")
    where = _LOOKS.get(known.kind) if known else None
    if where is not None:
        module, _, name = where.partition(":")
        getattr(importlib.import_module(f"ingest.engines.{module}"), name)(file, look)
