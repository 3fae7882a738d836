"""Names in uploads: which may become paths of a delivery, and what a delivery is called."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from archive.services.incoming import UnsafePathError

_MAX_PATH_BYTES = 1000
_MAX_SEGMENT_BYTES = 240
_DEFAULT_NAME = "giao-nop"
OWN_NAMES = frozenset({"files", "parts", "state.json", "resumable", "added", "digests.jsonl", "corrections.json"})
"""What an upload's folder holds beside the delivery."""

_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:[.:].*)?", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever follows the first dot: nobody there could open such a file."""


def checked_path(path: str) -> PurePosixPath:
    """`path` of a file of a delivery, `/` between segments.

    Raises:
        UnsafePathError: it leaves the delivery, hides signs, is too long, or names a device.
    """
    segments = path.split("/")
    if (
        not path
        or len(path.encode("utf-8", "surrogatepass")) > _MAX_PATH_BYTES
        or any(segment in {"", ".", ".."} or "\\" in segment for segment in segments)
        or any(len(segment.encode("utf-8", "surrogatepass")) > _MAX_SEGMENT_BYTES for segment in segments)
        or any(_DEVICES.fullmatch(segment) for segment in segments)
        or not path.isprintable()
    ):
        raise UnsafePathError(path)
    return PurePosixPath(*segments)


def delivery_name(name: str) -> str:
    """A folder name that people recognise; never one of the upload's own."""
    stem = "".join(letter for letter in name.replace("\\", "/").rsplit("/", maxsplit=1)[-1] if letter.isprintable())
    stem = stem.removesuffix(".zip").removesuffix(".ZIP")[:60].strip(". ")
    return stem if stem and stem not in OWN_NAMES and not _DEVICES.fullmatch(stem) else _DEFAULT_NAME
