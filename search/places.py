"""Places of the physical store as they are compared: level by level, without names before them and leading zeros."""

from __future__ import annotations

from metadata.physical import LEVELS, place_of_key, plain_level
from search.vietnamese import fold


def level_key(value: str) -> str:
    """The value of one level as compared: `7` of `Hộp số 07`."""
    return "-".join(fold(plain_level(value)).split())


def place_keys(place: str) -> dict[str, str] | None:
    """The levels that `place` (`2/-/12`) names, each as compared; None: it is no place, or names nothing."""
    if not place:
        return None
    try:
        known = place_of_key(place.strip())
    except ValueError:
        return None
    return {level: key for level in LEVELS if (key := level_key(getattr(known, level)))} or None
