"""Members of a TAR, plain or packed, read once from front to back; the rules are those of every container."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from tarfile import HeaderError
from typing import Any, BinaryIO, Protocol, Self, cast

from ingest.engines.unpacking_members import DamagedError, Findings, Members, RefusedError
from ingest.engines.unpacking_names import MemberName, name_of
from metadata.packing import PackedStream, PackedUnreadableError

_PIECE_BYTES = 1 << 20
_END = tarfile.EOFHeaderError  # type: ignore[attr-defined] # unknown to typeshed
_DAMAGE = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError, OverflowError, PackedUnreadableError)
_KINDS = {
    tarfile.LNKTYPE: "hard link",
    tarfile.SYMTYPE: "symbolic link",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "FIFO",
}


class Readable(Protocol):
    """What bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes more."""
        ...


class _Member(tarfile.TarInfo):
    """A header; notes how the archive ended, which the library itself takes for an end whatever it was."""

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except HeaderError as error:
            cast("_Archive", tarfile).ending = error
            raise


class _Archive(tarfile.TarFile):
    members: list[tarfile.TarInfo]
    ending: HeaderError | None = None


class _Counted:
    """Passes bytes on and says how many; the bound of what may be unpacked is held here too."""

    def __init__(self, source: Readable, most: int) -> None:
        self._source = source
        self._left = most

    def read(self, size: int) -> bytes:
        piece = self._source.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise _TooLargeError
        return piece


class _TooLargeError(Exception):
    """More comes out than is allowed."""


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with the 512 bytes `head` is a TAR, also of before POSIX: its checksum tells."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except (HeaderError, ValueError):
        return False
    return True


def opened(stream: BinaryIO, packing: str) -> Readable:
    """The bytes of the archive; `packing` is empty, `gz`, `bz2`, `xz` or `zst`."""
    if packing == "gz":
        return gzip.GzipFile(fileobj=stream, mode="rb")
    if packing == "bz2":
        return bz2.BZ2File(stream, "rb")
    if packing == "xz":
        return lzma.LZMAFile(stream, "rb")
    return PackedStream(stream) if packing == "zst" else stream


def unpack_tar(source: Readable, most_bytes: int, members: Members, findings: Findings) -> None:
    """Write the members of the TAR that `source` gives.

    Args:
        source: Read to its end.
        most_bytes: More than this is not read, padding and headers included.
        members: Takes the files.
        findings: Takes the rules that it breaks.

    Raises:
        DamagedError: it cannot be read as what it says.
        RefusedError: it breaks rules; they are among `findings`.
    """
    counted = _Counted(source, most_bytes)
    try:
        _read(counted, members, findings)
    except _TooLargeError:
        findings.refuse("CON-005", detail=f"> {most_bytes} bytes")
        raise RefusedError from None
    except _DAMAGE as error:
        raise DamagedError(str(error) or type(error).__name__) from error
    except OSError as error:
        # The readers of gzip and bzip2 tell of damage so, without a number of the system's.
        if error.errno is not None:
            raise
        raise DamagedError(str(error)) from error


def _read(source: _Counted, members: Members, findings: Findings) -> None:
    stream: Any = source
    with _Archive.open(
        fileobj=stream, mode="r|", tarinfo=_Member, encoding="utf-8", errors="surrogateescape", bufsize=_PIECE_BYTES
    ) as archive:
        while (info := archive.next()) is not None:
            _take(archive, info, members, findings)
            # The library keeps every header that it has met; nothing here looks back.
            archive.members.clear()
        if not isinstance(archive.ending, _END):
            msg = f"no end of the archive: {archive.ending}"
            raise DamagedError(msg)
        behind = _behind(archive, source)
    if behind:
        findings.warn("CON-021", bytes=str(behind))
    members.judge()
    if findings.errors:
        raise RefusedError


def _take(archive: tarfile.TarFile, info: tarfile.TarInfo, members: Members, findings: Findings) -> None:
    name = _name(info)
    if info.isdir():
        members.folder(name)
        return
    number = members.file(name, info.size)
    if not info.isreg():
        findings.refuse("CON-003", name.path)
    elif not findings.errors:
        members.write(number, _chunks(archive, info))


def _name(info: tarfile.TarInfo) -> MemberName:
    return name_of(info.name.encode("utf-8", "surrogateescape"), told_unicode=True)


def _chunks(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    stream = archive.extractfile(info)
    while stream is not None and (piece := stream.read(_PIECE_BYTES)):
        yield piece


def _behind(archive: tarfile.TarFile, source: _Counted) -> int:
    """How many bytes follow the end that are no padding."""
    count = 0
    held: Any = archive.fileobj
    for piece in (held.buf, *iter(lambda: source.read(_PIECE_BYTES), b"")):
        count += len(piece) - piece.count(0)
    return count
