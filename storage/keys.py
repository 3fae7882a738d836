"""What may be a key. The one gate between names and the places where bytes lie (STO-001)."""

from __future__ import annotations

import unicodedata

from storage.errors import UnsafeKeyError

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255
"""Longest file name of the usual Linux file systems."""


def _wrong_bytes(text: str, limit: int) -> str:
    try:
        encoded = text.encode("utf-8")
    except UnicodeEncodeError:
        return "is no UTF-8"
    if not 0 < len(encoded) <= limit:
        return f"must have 1 to {limit} bytes"
    if not unicodedata.is_normalized("NFC", text):
        return "is not in Unicode form NFC"
    if any(unicodedata.category(letter) == "Cc" for letter in text):
        return "holds a control character"
    return ""


def safe_path(path: str) -> str:
    """`path`, when it is a relative POSIX path that stays below its folder on every backend.

    Raises:
        UnsafeKeyError: it is not; the reason is in the error.
    """
    reason = _wrong_bytes(path, MAX_KEY_BYTES)
    if not reason:
        for segment in path.split("/"):
            if segment in {"", ".", ".."}:
                reason = f"has the segment {segment!r}"
                break
            # SeaweedFS and S3 gateways to Windows shares read a backslash as a slash.
            if "\\" in segment:
                reason = "holds a backslash"
                break
            if len(segment.encode("utf-8")) > MAX_SEGMENT_BYTES:
                reason = f"has a segment over {MAX_SEGMENT_BYTES} bytes"
                break
    if reason:
        raise UnsafeKeyError(path, reason)
    return path


def safe_key(key: str) -> str:
    """`key`, when it may name an object.

    A first segment that begins with a full stop is kept for the backends' own
    use (unfinished files of the file system).

    Raises:
        UnsafeKeyError: it may not.
    """
    safe_path(key)
    if key.startswith("."):
        raise UnsafeKeyError(key, "begins with a full stop")
    return key


def safe_prefix(prefix: str) -> str:
    """`prefix`, when the folder that it names may be listed; empty lists everything.

    Raises:
        UnsafeKeyError: it may not.
    """
    folder = prefix.rpartition("/")[0]
    if folder or prefix.startswith("/"):
        safe_key(folder)
    return prefix
