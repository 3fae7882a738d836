"""Names of members of containers: read right whatever the packing program did, and refused where they lead astray.

Windows' own packer writes the code page of the machine and no flag, others
write UTF-8 without the flag, macOS decomposes letters (NFD), and old machines
typed names in the encodings before Unicode.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from metadata.legacy import Encoding, decoded, encoding_of, syllable_share

MAX_PATH_BYTES = 1000
MAX_SEGMENT_BYTES = 255

_NO_LETTERS = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})
"""Control characters, halves of surrogate pairs, ends of lines, and what is no character."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_PLAUSIBLE = 0.75
"""Share of Vietnamese syllables from which a reading of bytes is believed."""


@dataclass(frozen=True, slots=True)
class MemberName:
    """What a member is called."""

    path: str
    """NFC, `/` between segments, without `./` in front and without `/` behind."""

    written: str
    """As the packing program wrote it, decoded."""

    encoding: str = ""
    """How the bytes were understood where the container does not say it or says it wrong; else empty."""

    @property
    def decomposed(self) -> bool:
        """Whether letters and marks were written apart (NFD, as macOS does)."""
        return unicodedata.normalize("NFC", self.written) != self.written

    @property
    def backslashed(self) -> bool:
        """Whether folders were told by backslashes."""
        return "\\" in self.written


def named(written: str, encoding: str = "") -> MemberName:
    """A name that is decoded already."""
    path = unicodedata.normalize("NFC", written.replace("\\", "/"))
    while path.startswith("./"):
        path = path[2:].lstrip("/") if path[2:3] == "/" else path[2:]
    return MemberName("" if path == "." else path.rstrip("/") if path.strip("/") else path, written, encoding)


def name_of(raw: bytes, *, told_unicode: bool) -> MemberName:
    """A name out of its bytes.

    Args:
        raw: As it stands in the container.
        told_unicode: Whether the container says that it is UTF-8 (which may be a lie).
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text, encoding = guessed(raw)
        return named(text, encoding)
    return named(text, "" if told_unicode or raw.isascii() else "utf-8")


def guessed(raw: bytes) -> tuple[str, str]:
    """Bytes that are no UTF-8: the reading that looks most like Vietnamese, else like letters; and its name."""
    latin = raw.decode("cp1252", "replace")
    words = _words(latin)
    legacy = encoding_of(words)
    if legacy is not Encoding.UNICODE and syllable_share(decoded(words, legacy)) >= _PLAUSIBLE:
        return decoded(latin, legacy), legacy.value
    readings = [
        (unicodedata.normalize("NFC", raw.decode("cp1258", "replace")), "cp1258"),
        (raw.decode("cp437"), "cp437"),
    ]
    return max(readings, key=lambda reading: _letters(reading[0]))


def _words(path: str) -> str:
    """What people typed of a path: without endings, which are Latin letters whatever the encoding."""
    return " ".join(segment.rpartition(".")[0] or segment for segment in path.split("/"))


def _letters(text: str) -> float:
    """Share of what is not ASCII that is letters; marks that found no letter count against a reading."""
    strange = [character for character in text if not character.isascii()]
    good = sum(unicodedata.category(character) in {"Ll", "Lu", "Lo"} for character in strange)
    return good / len(strange) if strange else 0.0


def unsafe(name: str) -> str | None:
    """Why `name` may not become a path below a folder, or None when it may."""
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        return "empty or too long"
    if name.startswith("/") or (name[0].isascii() and name[0].isalpha() and name[1:2] == ":"):
        return "absolute"
    for segment in name.split("/"):
        if segment in {"", ".", ".."}:
            return "leaves the folder"
        if len(segment.encode("utf-8", "surrogatepass")) > MAX_SEGMENT_BYTES:
            return "too long"
        if any(letter in _BIDI or unicodedata.category(letter) in _NO_LETTERS for letter in segment):
            return "control or direction character"
    return None


def doubled(paths: list[str]) -> Iterator[str]:
    """Paths that stand twice, or stand for a file where another needs a folder."""
    known: set[str] = set()
    for path in paths:
        if path in known:
            yield path
        known.add(path)
    for path in sorted(known):
        end = path.find("/")
        while end >= 0:
            if path[:end] in known:
                yield path
                break
            end = path.find("/", end + 1)


def twins(paths: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of paths that differ only in capitals: two files here, one on the disks of Windows and macOS."""
    known: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        first = known.setdefault(path.casefold(), path)
        if first != path:
            yield first, path


def shown(name: str) -> str:
    """`name` as it may be quoted: what cannot be seen is escaped, what is endless is cut."""
    text = "".join(
        ascii(letter)[1:-1] if letter in _BIDI or unicodedata.category(letter) in _NO_LETTERS else letter
        for letter in name[:MAX_SEGMENT_BYTES]
    )
    return text[:MAX_SEGMENT_BYTES]
