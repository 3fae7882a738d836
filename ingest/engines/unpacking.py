"""Unpacks a ZIP that came over the network: everything in it is hostile until it has been looked at. Worker task.

Members are written under numbers; what they were called is told beside them,
so no name of the archive ever reaches the file system here. All broken rules
are found before the first byte is written.
"""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_FILES = 20_000
"""Most files in one upload."""

_COPY_BYTES = 1 << 20
_RATIO = 200
_RATIO_FROM_BYTES = 64 << 20
"""Below this size no ratio is suspicious: a small text may shrink by any factor."""

_ENCRYPTED = 0x1
_UTF8 = 0x800
_UNICODE_PATH = 0x7075
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_MAX_SEGMENT_BYTES = 255
_MAX_PATH_BYTES = 1000
_NO_LETTERS = frozenset({"Cc", "Cs", "Cn"})
"""Control characters, halves of surrogate pairs, and what is no character."""

_TOLD = 50
"""Findings of one archive that are told at most."""

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class _Found:
    rule: str
    subject: str
    values: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "subject": self.subject, "values": self.values}


def unpack(*, scratch: Path, path: str, max_file_bytes: int, max_total_bytes: int) -> dict[str, Any]:
    """Unpack the ZIP at `path`.

    Returns:
        `findings` (rule, subject, values) when it breaks a rule, and then nothing else; otherwise
        `names`, the path of each member by the name of its output, and the outputs themselves.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [(info, name_of(info)) for info in archive.infolist()]
            found = list(_broken_rules(members, max_file_bytes, max_total_bytes))
            if found:
                return {"findings": [entry.as_json() for entry in found[:_TOLD]]}
            names = dict(_written(archive, members, scratch, max_file_bytes))
    except _DAMAGE as error:
        detail = str(error)[:200] or type(error).__name__
        return {"findings": [_Found("UPL-001", "", {"detail": detail}).as_json()]}
    return {"names": names, "outputs": {number: number for number in names}}


def name_of(info: zipfile.ZipInfo) -> str:
    """The member's path in NFC, however the packing program wrote it.

    Windows' own packer writes the code page of the machine and no flag, others UTF-8
    without the flag, and Info-ZIP a field of its own beside a mangled name.
    """
    name = info.filename
    if not info.flag_bits & _UTF8:
        raw = info.orig_filename.encode("cp437", "replace")
        name = _unicode_path(info.extra) or _decoded(raw).partition("\0")[0]
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1258", "replace")


def _unicode_path(extra: bytes) -> str | None:
    while len(extra) >= 4:  # noqa: PLR2004 - identifier and length of a field, two bytes each
        kind, size = struct.unpack("<HH", extra[:4])
        body = extra[4 : 4 + size]
        if kind == _UNICODE_PATH and body[:1] == b"\x01":
            return body[5:].decode("utf-8", "replace")
        extra = extra[4 + size :]
    return None


def _broken_rules(
    members: list[tuple[zipfile.ZipInfo, str]], max_file_bytes: int, max_total_bytes: int
) -> Iterator[_Found]:
    files = [(info, name) for info, name in members if not info.is_dir()]
    if not files:
        yield _Found("UPL-001", "", {"detail": "no file inside"})
    if len(files) > MAX_FILES:
        yield _Found("UPL-005", "", {"detail": f"{len(files)} > {MAX_FILES} files"})
    total = sum(info.file_size for info, _ in files)
    packed = sum(info.compress_size for info, _ in files)
    if total > max_total_bytes or _is_bomb(total, packed):
        yield _Found("UPL-005", "", {"detail": f"{packed} → {total} bytes"})
    for info, name in members:
        yield from _broken_member(info, name, max_file_bytes)
    yield from _doubled([name for _, name in files])


def _broken_member(info: zipfile.ZipInfo, name: str, max_file_bytes: int) -> Iterator[_Found]:
    if (why := unsafe(name.rstrip("/") if info.is_dir() else name)) is not None:
        yield _Found("UPL-002", name[:_MAX_SEGMENT_BYTES], {"detail": why})
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        yield _Found("UPL-003", name, {})
    if info.flag_bits & _ENCRYPTED:
        yield _Found("UPL-004", name, {})
    elif info.compress_type not in _METHODS:
        yield _Found("UPL-001", name, {"detail": f"method {info.compress_type}"})
    if info.file_size > max_file_bytes:
        yield _Found("UPL-005", name, {"detail": f"{info.file_size} bytes"})


def _doubled(names: list[str]) -> Iterator[_Found]:
    """Two files of one path, or a file where another needs a folder."""
    known: set[str] = set()
    for name in names:
        if name in known:
            yield _Found("UPL-006", name, {})
        known.add(name)
    for name in sorted(known):
        if any("/".join(name.split("/")[:depth]) in known for depth in range(1, name.count("/") + 1)):
            yield _Found("UPL-006", name, {})


def _is_bomb(total: int, packed: int) -> bool:
    return total > _RATIO_FROM_BYTES and total > _RATIO * max(packed, 1)


def unsafe(name: str) -> str | None:
    """Why `name` may not become a path below a folder, or None when it may."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > _MAX_PATH_BYTES:
        return "empty or too long"
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        return "absolute"
    for segment in name.split("/"):
        if segment in {"", ".", ".."}:
            return "leaves the folder"
        if len(segment.encode("utf-8", "surrogatepass")) > _MAX_SEGMENT_BYTES:
            return "too long"
        if any(unicodedata.category(letter) in _NO_LETTERS for letter in segment):
            return "control character"
    return None


def _written(
    archive: zipfile.ZipFile, members: list[tuple[zipfile.ZipInfo, str]], scratch: Path, max_file_bytes: int
) -> Iterator[tuple[str, str]]:
    for info, name in members:
        if info.is_dir():
            continue
        number = f"{info.header_offset:012x}"
        written = 0
        with archive.open(info) as source, (scratch / number).open("xb") as out:
            while chunk := source.read(_COPY_BYTES):
                written += len(chunk)
                if written > min(info.file_size, max_file_bytes):
                    msg = f"{name}: more bytes than told"
                    raise zipfile.BadZipFile(msg)
                out.write(chunk)
        yield number, name
