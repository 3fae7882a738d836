"""Rows of a .csv file as people make them: any of four delimiters, Unicode or the encodings before it."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from ingest.engines.spreadsheet_refusal import MAX_CELL_CHARS, UnreadableSheetError
from metadata.legacy import decoded, encoding_of, syllable_share

MAX_CSV_BYTES = 256 << 20

_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 40
_SAMPLE_CHARS = 20_000


def csv_rows(source: Path) -> Iterator[list[str]]:
    """The rows of `source`, one at a time.

    Raises:
        UnreadableSheetError: `too-large` or `format`.
        OSError: the file cannot be read.
    """
    if source.stat().st_size > MAX_CSV_BYTES:
        raise UnreadableSheetError("too-large", f"more than {MAX_CSV_BYTES} bytes")
    text = _decoded(source.read_bytes())
    start = text[:2048].lstrip().lower()
    if start.startswith(("<html", "<!doctype", "<table", "<?xml", "{\\rtf", "%pdf")):
        raise UnreadableSheetError("format", f"begins with {start[:9]!r}")
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:  # noqa: PLR2004 - `sep=` and one sign
        # The first line is a hint to office programs; it still counts as a row of the sheet.
        yield []
        yield from _split(rest, first.strip()[4])
        return
    yield from _split(text, _delimiter(text))


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), None)
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding is not None or b"\0" in data:
            raise UnreadableSheetError("format", str(error)) from error
    # Windows-1258 writes tones after their letters, and leaves few bytes undefined: these become the sign for
    # "unreadable", never an error. TCVN3 and VNI are told by their syllables; the reader decodes them.
    text = unicodedata.normalize("NFC", data.decode("cp1258", errors="replace"))
    western = data.decode("cp1252", errors="replace")
    sample = western[:_SAMPLE_CHARS]
    legacy = decoded(sample, encoding_of(sample))
    return western if syllable_share(legacy) > syllable_share(text[:_SAMPLE_CHARS]) else text


def _delimiter(text: str) -> str:
    """The sign that parts most lines into the same, largest number of cells."""
    sample = "\n".join(text.split("\n", _SAMPLE_LINES)[:_SAMPLE_LINES])

    def weight(sign: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=sign) if len(row) > 1]
        except csv.Error:
            return (0, 0)
        common = max(set(widths), key=lambda width: (widths.count(width), width), default=0)
        return (common * widths.count(common), common)

    return max(_DELIMITERS, key=weight)


def _split(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_CELL_CHARS * 4)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [cell[:MAX_CELL_CHARS].strip() for cell in row]
    except csv.Error as error:
        raise UnreadableSheetError("format", str(error)) from error
