"""A first look into office files: ZIP containers (OOXML, OpenDocument) and OLE containers (DOC, XLS, PPT)."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Protocol
from xml.parsers import expat

import olefile

from ingest.engines.inspection import DAMAGED, PASSWORD, TOO_MUCH, UNSAFE_ENTRY, Look, ProblemError
from ingest.engines.inspection_text import XmlForm

MAX_ENTRIES = 20_000
MAX_UNPACKED = 600 << 20
"""An office file that unpacks to more than this breaks the programs that convert it."""

BOMB_BYTES = 40 << 20
BOMB_RATIO = 120
"""Sheets of equal rows reach 60; a ratio counts only above `BOMB_BYTES`."""

_MAX_MANIFEST = 8 << 20
_CHUNK = 1 << 18

_ENCRYPTED_ENTRY = 0x1
_FIB_FLAGS = 10
_FIB_ENCRYPTED = 0x0100
_FILEPASS = 0x002F
_BOF = (0x0009, 0x0209, 0x0409, 0x0809)
_RECORDS_TO_FILEPASS = 64
_DRIVE = re.compile(r"^[A-Za-z]:")


# ---------------------------------------------------------------- ZIP containers


def look_into_zip(path: Path, found: Look) -> None:
    """Look into an OOXML or OpenDocument file; everything is unpacked once, in pieces, and kept nowhere.

    Raises:
        ProblemError: damaged, under a password, a bomb, with entries that would leave their folder, or entities.
    """
    try:
        with zipfile.ZipFile(path) as container:
            entries = container.infolist()
            _refuse_names(entries)
            _refuse_password(container, entries)
            _note_contents(entries, found)
            _refuse_bomb(container, entries, path.stat().st_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError, KeyError) as error:
        raise ProblemError(DAMAGED, str(error)) from error
    except RuntimeError as error:  # What zipfile raises for an encrypted entry.
        raise ProblemError(PASSWORD, "an entry is encrypted") from error


def _refuse_names(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ProblemError(TOO_MUCH, f"{len(entries)} entries, at most {MAX_ENTRIES}")
    for entry in entries:
        name = entry.orig_filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or _DRIVE.match(name) or "\0" in name:
            raise ProblemError(UNSAFE_ENTRY, repr(entry.orig_filename))


def _refuse_password(container: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    if any(entry.flag_bits & _ENCRYPTED_ENTRY for entry in entries):
        raise ProblemError(PASSWORD, "an entry is encrypted")
    if "META-INF/manifest.xml" in container.NameToInfo:
        with container.open("META-INF/manifest.xml") as manifest:
            if b"encryption-data" in manifest.read(_MAX_MANIFEST):
                raise ProblemError(PASSWORD, "encryption-data in the manifest")


def _note_contents(entries: list[zipfile.ZipInfo], found: Look) -> None:
    for entry in entries:
        name = entry.filename.lower()
        if name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/")):
            found.active.add("macro")
        elif "/embeddings/" in name and not name.endswith("/"):
            found.embedded += 1
        elif "/activex/" in name and name.endswith(".bin"):
            found.active.add("ActiveX")


def _refuse_bomb(container: zipfile.ZipFile, entries: list[zipfile.ZipInfo], size: int) -> None:
    """Unpack everything: what an entry says of its own size may be a lie."""
    enough = min(MAX_UNPACKED, max(BOMB_BYTES, BOMB_RATIO * size))
    declared = sum(entry.file_size for entry in entries)
    if declared > enough:
        raise ProblemError(TOO_MUCH, f"{size} bytes unpack to {declared >> 20} MiB")
    total = 0
    for entry in entries:
        form = XmlForm(entry.filename) if entry.filename.lower().endswith((".xml", ".rels", ".rdf")) else None
        with container.open(entry) as stream:
            for chunk in _chunks(stream):
                total += len(chunk)
                if total > enough:
                    raise ProblemError(TOO_MUCH, f"{size} bytes unpack to more than {total >> 20} MiB")
                form = form and _still_xml(form, chunk)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _still_xml(form: XmlForm, chunk: bytes) -> XmlForm | None:
    """The form after `chunk`, or None: a part that is no XML is judged by the program that needs it."""
    try:
        form.feed(chunk)
    except expat.ExpatError:
        return None
    return form


# ---------------------------------------------------------------- OLE containers


class _Container(Protocol):
    """What is used of `olefile.OleFileIO`, which has no types."""

    def listdir(self, streams: bool, storages: bool) -> list[list[str]]: ...
    def get_size(self, name: str) -> int: ...
    def openstream(self, name: str) -> IO[bytes]: ...
    def close(self) -> None: ...


def _opened(path: Path) -> _Container:
    container: _Container = olefile.OleFileIO(str(path))  # type: ignore[no-untyped-call]  # olefile has no types
    return container


def look_into_ole(path: Path, found: Look) -> None:
    """Look into a DOC, XLS or PPT of 1997 to 2003, or an OOXML file under a password.

    Raises:
        ProblemError: damaged, or under a password.
    """
    try:
        with closing(_opened(path)) as container:
            names = {"/".join(part).lower() for part in container.listdir(True, True)}
            _note_macros(names, found)
            _look_at_main_stream(container, names, path.stat().st_size)
    except ProblemError:
        raise
    except (ValueError, IndexError, TypeError, struct.error, AttributeError) as error:
        raise ProblemError(DAMAGED, str(error)) from error
    except OSError as error:
        # olefile's own errors derive from OSError; a failed read has its number.
        if error.errno is not None:
            raise
        raise ProblemError(DAMAGED, str(error)) from error


def _note_macros(names: set[str], found: Look) -> None:
    if any("vba" in name.split("/") or "_vba_project" in name for name in names):
        found.active.add("macro")
    found.embedded += sum(1 for name in names if name.startswith("objectpool/") and name.count("/") == 1)


def _look_at_main_stream(container: _Container, names: set[str], size: int) -> None:
    if "encryptedpackage" in names or "encryptedsummary" in names:
        raise ProblemError(PASSWORD, "EncryptedPackage")
    main = next((name for name in ("worddocument", "workbook", "book", "powerpoint document") if name in names), None)
    if main is None:
        raise ProblemError(DAMAGED, "no document inside")
    declared = container.get_size(main)
    if declared > size:
        raise ProblemError(DAMAGED, f"{main} of {declared} bytes in a file of {size}")
    with container.openstream(main) as stream:
        data = stream.read()
    if len(data) < declared:
        raise ProblemError(DAMAGED, f"{main} ends after {len(data)} of {declared} bytes")
    if (
        main == "worddocument"
        and len(data) > _FIB_FLAGS + 1
        and struct.unpack_from("<H", data, _FIB_FLAGS)[0] & _FIB_ENCRYPTED
    ):
        raise ProblemError(PASSWORD, "WordDocument")
    if main in {"workbook", "book"} and any(kind == _FILEPASS for kind in _records(data)):
        raise ProblemError(PASSWORD, "FILEPASS")


def _records(data: bytes) -> Iterator[int]:
    """Kinds of the first records of a workbook: a password's stands right behind the beginning."""
    place = 0
    for _ in range(_RECORDS_TO_FILEPASS):
        if place + 4 > len(data):
            return
        kind, length = struct.unpack_from("<HH", data, place)
        yield kind
        place += 4 + length
