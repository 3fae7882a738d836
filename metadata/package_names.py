"""Names of files inside a package: safe on every file system and in every reader, the same for the same input."""

from __future__ import annotations

import re
import unicodedata
from uuid import UUID, uuid5

MAX_CODE = 100
MAX_EXTENSION = 10

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_DOTS = re.compile(r"\.{2,}")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
_EXTENSION = re.compile(r"[a-z0-9]{1,10}")


def safe(text: str, fallback: str) -> str:
    """`text` in ASCII letters, digits, dot, dash and underscore; Vietnamese marks dropped, `Đ` as `D`.

    Args:
        text: Any text.
        fallback: Taken when nothing is left.
    """
    plain = unicodedata.normalize("NFKD", text.replace("Đ", "D").replace("đ", "d"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = _DOTS.sub(".", _UNSAFE.sub("-", plain)).strip(".-_")[:MAX_CODE].rstrip(".-_")
    if _RESERVED.fullmatch(plain.partition(".")[0]):
        # Windows takes these names, with any extension, for devices.
        plain = f"x-{plain}"
    return plain or fallback


def extension_of(name: str) -> str:
    """Extension of a received name in lower case with its dot; empty where it has none that is safe."""
    last = name.rpartition("/")[2]
    stem, _, extension = last.rpartition(".")
    plain = safe(extension, "").lower()
    return f".{plain}" if stem and extension.isascii() and _EXTENSION.fullmatch(plain) else ""


class FileNames:
    """Gives each file of a package its name; no two are the same, not even without case."""

    def __init__(self, file_code: str) -> None:
        self._code = safe(file_code, "HS")
        self._taken: set[str] = set()

    def stem(self, ordinal: int, part: int, parts: int) -> str:
        """Name without extension of a document's file: code, ordinal in 3 digits, `part` where there are several."""
        number = f"{ordinal:03d}" if parts == 1 else f"{ordinal:03d}.{part}"
        candidate, twin = f"{self._code}.{number}", 1
        while candidate.lower() in self._taken:
            twin += 1
            candidate = f"{self._code}.{number}-{twin}"
        self._taken.add(candidate.lower())
        return candidate


def source_name(name: str, number: int) -> str:
    """Name of a metadata file kept as received: its number, then what can be kept of its own name."""
    last = name.rpartition("/")[2]
    extension = extension_of(last)
    stem = last[: len(last) - len(extension)] if extension else last
    return f"{number:03d}-{safe(stem, 'source')}{extension}"


def part_id(package_id: str, part: int) -> str:
    """UUID of a part: the dossier's own for the first, made from it for those that follow."""
    return package_id if part == 1 else str(uuid5(UUID(package_id), f"part {part}"))
