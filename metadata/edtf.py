"""Times of PREMIS events: EDTF, of which PREMIS 3.0's schema takes any text."""

from __future__ import annotations

import re
from datetime import datetime

_PARTIAL = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?", re.ASCII)
_OPEN = ".."
_ENDS = 2


def is_edtf(text: str) -> bool:
    """Whether `text` is a time of EDTF that is in the calendar: an instant, a partial date, or an interval.

    One end of an interval may be open (`../2026-11-28`: some time before).
    """
    ends = text.split("/")
    if len(ends) == 1:
        return _is_time(text)
    known = [end for end in ends if end != _OPEN]
    return len(ends) == _ENDS and bool(known) and all(map(_is_time, known))


def _is_time(text: str) -> bool:
    if _PARTIAL.fullmatch(text):
        return True
    if not _INSTANT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
