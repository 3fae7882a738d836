"""Reads the signatures of a PDF into facts: pyHanko for the structure, the file's own bytes for what is signed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader, process_data_at_eof
from pyhanko.sign.fields import enumerate_sig_fields

from archive.preservation.signatures.certificates import MAX_CERTIFICATES
from archive.preservation.signatures.cms_reading import digest_name
from archive.preservation.signatures.pdf_structure_reading import read_bytes, read_pdf
from archive.preservation.signatures.revocation import MAX_ANSWERS

__all__ = ["FileBytes", "read_bytes", "read_pdf", "security_store", "signed_fields"]

MAX_FIELDS = 50
MAX_REMNANTS = 50
MAX_CONTENTS = 4 << 20
"""Longest `/Contents` that is read, in bytes."""

CHUNK = 1 << 20
_OVERLAP = 256
_RANGE = re.compile(rb"/ByteRange\s*\[([^\]]{0,200})\]")
_END = re.compile(rb"%%EOF")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The two signed stretches of a file and the gap between them."""

    first: int
    gap_end: int
    second: int

    @property
    def end(self) -> int:
        """Where the signed bytes end."""
        return self.gap_end + self.second


@dataclass(frozen=True, slots=True)
class SignedField:
    """One filled signature field."""

    name: str
    sub_filter: str | None
    is_time_stamp: bool
    contents: bytes = field(repr=False)
    range: ByteRange | None = None
    coverage: str = "unclear"
    revision: int | None = None
    claimed: datetime | None = None
    """`/M` of the signature dictionary."""

    certified: bool = False
    """DocMDP 1: the signer allowed no change."""

    problem: str = ""
    """Why the dictionary cannot be judged; empty: it can."""


@dataclass(frozen=True, slots=True)
class SecurityStore:
    """The file's DSS."""

    certificates: tuple[bytes, ...] = ()
    revocation: tuple[bytes, ...] = ()
    problem: str = ""


class FileBytes:
    """The bytes of a file, read in pieces."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = stream.seek(0, 2)

    def read(self, start: int, end: int) -> bytes:
        """At most `end - start` bytes from `start`."""
        self._stream.seek(start)
        return self._stream.read(max(0, end - start))

    def digest(self, name: str, span: ByteRange) -> bytes:
        """Digest of the signed stretches.

        Raises:
            ValueError: the algorithm is unknown.
        """
        value = hashlib.new(digest_name(name))
        for start, end in ((0, span.first), (span.gap_end, span.end)):
            self._stream.seek(start)
            left = end - start
            while left > 0:
                chunk = self._stream.read(min(CHUNK, left))
                if not chunk:
                    break
                value.update(chunk)
                left -= len(chunk)
        return value.digest()

    def byte_ranges(self) -> Iterator[tuple[int, ...]]:
        """Every `/ByteRange` in the raw bytes, whether a field names it or not."""
        seen: set[int] = set()
        for start in range(0, self.size, CHUNK):
            for match in _RANGE.finditer(self.read(start, start + CHUNK + _OVERLAP)):
                if start + match.start() not in seen:
                    seen.add(start + match.start())
                    yield tuple(int(n) for n in re.findall(rb"-?\d{1,18}", match.group(1)))

    def stray(self) -> int:
        """Bytes behind the last end-of-file mark that are no white space."""
        tail = self.read(max(0, self.size - CHUNK), self.size)
        marks = list(_END.finditer(tail))
        return len(tail[marks[-1].end() :].strip(b"\r\n\t \0")) if marks else 0


def signed_fields(reader: PdfFileReader, data: FileBytes) -> Iterator[SignedField]:
    """The filled signature fields, at most 50 and one beyond that names the rest; broken ones too."""
    for count, (name, value, _) in enumerate(enumerate_sig_fields(reader, filled_status=True)):
        if count == MAX_FIELDS:
            yield _broken(str(name), f"too-many: only {MAX_FIELDS} signature fields are judged")
            return
        try:
            yield _field(reader, data, str(name), value)
        except Exception as error:  # noqa: BLE001 - pyHanko raises whatever hostile objects provoke
            yield _broken(str(name), f"dictionary: {type(error).__name__}: {error}")


def _broken(name: str, why: str) -> SignedField:
    return SignedField(name, None, is_time_stamp=False, contents=b"", problem=why)


def _field(reader: PdfFileReader, data: FileBytes, name: str, value: Any) -> SignedField:  # noqa: ANN401 - untyped
    reference = value.reference if isinstance(value, generic.IndirectObject) else None
    dictionary: Any = reference.get_object() if reference is not None else value
    sub_filter = str(dictionary.get("/SubFilter", "")).lstrip("/") or None
    is_time_stamp = sub_filter == "ETSI.RFC3161"
    contents = _contents(dictionary)
    numbers = [int(n) for n in dictionary.get("/ByteRange", [])]
    span, problem = _span(numbers, contents, data)
    revision = reader.xrefs.get_last_change(reference) if reference is not None else None
    return SignedField(
        name,
        sub_filter,
        is_time_stamp,
        contents,
        span,
        _coverage(reader, data, span, revision) if span else "unclear",
        revision,
        _moment(dictionary),
        _forbids_change(dictionary),
        problem,
    )


def _contents(dictionary: Any) -> bytes:  # noqa: ANN401 - pyHanko's objects are untyped here
    raw = dictionary.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW)
    found: Any = raw.reference.get_object() if isinstance(raw, generic.IndirectObject) else raw
    return bytes(found.original_bytes)[:MAX_CONTENTS]


def _span(numbers: list[int], contents: bytes, data: FileBytes) -> tuple[ByteRange | None, str]:
    pair = 4
    if len(numbers) != pair or numbers[0] != 0:
        return None, f"byte-range: {numbers[:8]}"
    span = ByteRange(numbers[1], numbers[2], numbers[3])
    if not 0 < span.first < span.gap_end <= span.end <= data.size or span.second < 1:
        return None, f"byte-range: {numbers} does not lie in a file of {data.size} bytes"
    if span.gap_end - span.first > 2 * MAX_CONTENTS + 2:
        return None, "byte-range: the gap is larger than any signature"
    gap = data.read(span.first, span.gap_end)
    # Wrapping attacks hide bytes in the gap: it may hold the signature in hexadecimal and nothing else.
    try:
        inside = bytes.fromhex(gap[1:-1].decode("ascii")) if gap[:1] == b"<" and gap[-1:] == b">" else None
    except ValueError:
        inside = None
    if inside != contents:
        return None, "byte-range: the gap does not hold the signature alone"
    return span, ""


def _coverage(reader: PdfFileReader, data: FileBytes, span: ByteRange, revision: int | None) -> str:
    if span.end == data.size:
        return "whole-file"
    if revision is None:
        return "unclear"
    stream = reader.stream
    stream.seek(span.end)
    try:
        start = process_data_at_eof(stream)
        if start != reader.xrefs.get_startxref_for_revision(revision):
            return "partial"
    except Exception:  # noqa: BLE001 - no end-of-file mark where one belongs
        return "partial"
    ends = [reader.xrefs.get_xref_container_info(number).end_location for number in range(revision + 1)]
    return "whole-revision" if all(end <= span.end for end in ends) else "partial"


def _moment(dictionary: Any) -> datetime | None:  # noqa: ANN401 - untyped
    text = dictionary.get("/M")
    if text is None:
        return None
    try:
        found = generic.parse_pdf_date(str(text), strict=False)
    except Exception:  # noqa: BLE001 - a date that is none is no fault of the signature
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _forbids_change(dictionary: Any) -> bool:  # noqa: ANN401 - untyped
    for entry in list(dictionary.get("/Reference", []))[:10]:
        reference = entry.get_object()
        if reference.get("/TransformMethod") == "/DocMDP":
            return int(reference.get("/TransformParams", {}).get("/P", 2)) == 1
    return False


def security_store(reader: PdfFileReader) -> SecurityStore:
    """Certificates and revocation data that the file carries for its signatures."""
    try:
        store = reader.root["/DSS"]
    except KeyError:
        return SecurityStore()
    except Exception as error:  # noqa: BLE001 - as above
        return SecurityStore(problem=type(error).__name__)
    found: dict[str, list[bytes]] = {"/Certs": [], "/CRLs": [], "/OCSPs": []}
    problem = ""
    for key, ders in found.items():
        try:
            for item in list(store.get(key, []))[: max(MAX_CERTIFICATES, MAX_ANSWERS)]:
                ders.append(bytes(item.get_object().data))
        except Exception as error:  # noqa: BLE001 - as above
            problem = f"{key}: {type(error).__name__}"
    return SecurityStore(tuple(found["/Certs"]), (*found["/CRLs"], *found["/OCSPs"]), problem)
