"""What leaves the archive: kinds, what a caller wants, and files on their way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, BinaryIO

from metadata.errors import UsageError
from metadata.package import PackageDocument, PackageRecord


@unique
class ExportKind(StrEnum):
    """What can leave the archive, in the contract's words."""

    ORIGINAL = "original"
    PDFA = "pdfa"
    TEXT = "text"
    AIP = "aip"
    SIP = "sip"
    DIP = "dip"
    PROOF = "proof"
    PDF_LTA = "pdf-lta"
    BAGIT = "bagit"
    BOOK = "book"


PACKAGES = frozenset({ExportKind.AIP, ExportKind.SIP, ExportKind.DIP, ExportKind.BAGIT, ExportKind.BOOK})
"""Kinds that are folders of their own, whatever was asked for."""


@unique
class Shape(StrEnum):
    """In whose form a package leaves."""

    TT05 = "tt05"
    """TT 05/2025/TT-BNV."""

    EARK = "eark"
    """E-ARK alone, as other countries' archives take it."""

    STORED = "stored"
    """An AIP byte for byte as it lies in storage."""

    TT02 = "tt02"
    """A SIP as TT 02/2019/TT-BNV had it: PDF files named by its rule, fields as workbook and XML."""


@unique
class CopyForm(StrEnum):
    """How the copies for reading leave in a DIP."""

    MARKED = "marked"
    """With the note that they are copies, and with an authentication file beside them."""

    PLAIN = "plain"
    """As they are stored, with neither."""


E_ARK_VERSIONS = ("2.0.4", "2.1.0", "2.2.0")


class ExportRefusedError(UsageError):
    """One file cannot leave in the form that was asked for; of a whole dossier the others do, and this is told."""

    def told(self) -> dict[str, Any]:
        """What its JSON line says: `refused` and `detail`."""
        return {"refused": self.code, "detail": str(self)}


@dataclass(frozen=True, slots=True)
class Exported:
    """One file that left."""

    path: str | None
    sha256: str | None
    size_bytes: int | None
    more: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON line."""
        return {"path": self.path, "sha256": self.sha256, "bytes": self.size_bytes, **self.more}


Opener = Callable[[], AbstractContextManager[BinaryIO]]
"""Opens a file for reading, each time it is asked."""


def opener_of(path: Path) -> Opener:
    """Opens the file at `path`."""
    return lambda: path.open("rb")


def _silent(_exported: Exported, /) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file to be written."""

    name: str
    """Relative path below the target; made safe there."""

    open: Opener | None
    """Where its bytes come from, asked when they are written; None: there are none, only a line that says so."""

    more: dict[str, Any] = field(default_factory=dict)
    """What its JSON line says besides path, digest and size."""

    written: Callable[[Exported], None] = _silent
    """Hears of it when its bytes are written, before the next file is asked for."""

    noted: Mapping[str, str] = field(default_factory=dict)
    """What the audit trail shall know of it before its bytes leave; empty: that the whole leaves says enough."""


@dataclass(frozen=True, slots=True)
class Options:
    """How it shall leave."""

    shape: Shape = Shape.TT05
    eark_version: str = E_ARK_VERSIONS[0]
    request: Mapping[str, str] = field(default_factory=dict)
    """What a reader asked for (DIP): values as written, by the names of TT 05/2025 or their keys."""

    copies: CopyForm | None = None
    """Of a DIP; None: marked in the circular's form, plain in E-ARK's."""

    authentication: Mapping[str, str] = field(default_factory=dict)
    """What only the asker knows of a DIP's authentication file: `recipient`, `valid_until`, `copies`."""

    @property
    def marked(self) -> bool:
        """Whether copies bear the note."""
        return self.copies is CopyForm.MARKED or (self.copies is None and self.shape is Shape.TT05)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One export, as the maker of its kind sees it."""

    kind: ExportKind
    dossier_id: str
    ordinal: int | None
    """The document that is wanted; None: the whole dossier."""

    parts: Callable[[], Iterator[PackageRecord]]
    """The records of the dossier's parts, the first one first; each is read when it is asked for."""

    made_at: datetime
    """The instant of the export, aware; everything that is written of time says this one."""

    options: Options

    container: str = ""
    """Folder in which everything stands inside a ZIP, for kinds that need one; empty where a folder is written."""

    def inside(self, name: str) -> str:
        """`name` in that folder."""
        return f"{self.container}/{name}" if self.container else name

    def documents(self) -> Iterator[tuple[PackageRecord, PackageDocument]]:
        """The documents that are wanted, with the part in which each stands."""
        for record in self.parts():
            for document in record.documents:
                if self.ordinal in {None, document.ordinal}:
                    yield record, document


Maker = Callable[[Wanted], Iterator[Outgoing]]
"""Gives the files of one kind, in the order in which they shall be written.

It is gone on with only when the file that it gave last is written, so it may
hold a scratch folder open meanwhile, and may raise at the end what proves the
whole to be wrong: nothing is given to the caller then.
"""
