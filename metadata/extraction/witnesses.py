"""Closer looks at digits: further witnesses for number, notation and day of a first page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from metadata.extraction import suggestions as keys
from metadata.extraction.suggestions import Suggestion

_KEYS = (keys.NUMBER, keys.NOTATION, keys.DAY)
_TWO = 2


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a first page read, by key."""

    told: dict[str, Suggestion]
    doubtful: dict[str, Suggestion] = field(default_factory=dict)
    """What it was too unsure of to be told."""

    def of(self, key: str) -> Suggestion | None:
        """What it read for `key`, sure or not."""
        return self.told.get(key) or self.doubtful.get(key)


def settled(told: Mapping[str, Suggestion], whole: Sequence[Look], closer: Sequence[Look]) -> dict[str, Suggestion]:
    """`told` after the closer looks: what they confirm is told although it was doubtful, what they deny is not.

    Where looks differ a value is told that two of them read, each surer than whoever says otherwise. What no whole
    look read is not told either: of strokes of a pen closer looks make digits.

    Args:
        told: What the whole looks say together.
        whole: Looks at the whole head.
        closer: Looks at the digits of which the last of `whole` was unsure.
    """
    found = dict(told)
    for key in _KEYS:
        first = [one for look in whole if (one := look.of(key)) is not None]
        further = [one for look in closer if (one := look.of(key)) is not None]
        if not first or not further:
            continue
        one = _believed([*first, *further])
        if one is not None:
            found[key] = one
        else:
            found.pop(key, None)
    return {key: found[key] for key in keys.KEYS if key in found}


def _believed(read: Sequence[Suggestion]) -> Suggestion | None:
    by_value: defaultdict[str, list[Suggestion]] = defaultdict(list)
    for one in sorted(read, key=lambda one: one.confidence, reverse=True):
        by_value[one.value].append(one)
    for value, same in by_value.items():
        against = max((others[0].confidence for other, others in by_value.items() if other != value), default=-1.0)
        if len(same) >= _TWO and same[1].confidence > against:
            return same[0]
    return None
