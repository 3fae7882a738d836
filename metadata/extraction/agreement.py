"""Two readings of one head brought together: what one left out the other may say; where they differ neither is sure."""

from __future__ import annotations

from collections.abc import Mapping

from metadata.extraction import suggestions as keys
from metadata.extraction.letters import alike
from metadata.extraction.subjects import V_V
from metadata.extraction.suggestions import Suggestion
from metadata.profiles.vocabularies import fold

_SAME_SUBJECT = 0.05
"""Share of letters by which two readings of one subject differ: the surer is told."""

_SURE_ALONE = 0.75
"""Confidence of a number that only the second look read: of a coloured pen's it sees pieces."""


def agreed(first: Mapping[str, Suggestion], second: Mapping[str, Suggestion]) -> dict[str, Suggestion]:
    """What `first` and `second` say together.

    What only one of them read stays; of two that differ neither is told, for a second witness that says otherwise
    is all the doubt there can be.
    """
    found = {}
    for key in keys.KEYS:
        one, other = first.get(key), second.get(key)
        if key == keys.NUMBER and one is None and other is not None and other.confidence < _SURE_ALONE:
            continue
        told = _told(key, one, other) if one is not None and other is not None else one or other
        if told is not None:
            found[key] = told
    return found


def _told(key: str, one: Suggestion, other: Suggestion) -> Suggestion | None:
    surer = one if one.confidence >= other.confidence else other
    if one.value == other.value:
        return surer
    if key == keys.SUBJECT:
        return _subject(surer, other if surer is one else one)
    if key == keys.ORGAN and _letters(one.value) == _letters(other.value):
        return surer
    return None


def _subject(surer: Suggestion, other: Suggestion) -> Suggestion | None:
    """The surer one; or the longer one, of which the other lost the last words: OCR loses words and makes none up."""
    short, long = sorted((surer, other), key=lambda one: len(V_V.sub("", one.value)))
    text, whole = (fold(V_V.sub("", one.value)) for one in (short, long))
    if alike(text, whole, _SAME_SUBJECT):
        return surer
    return long if whole[len(text) :].startswith(" ") and alike(whole[: len(text)], text, _SAME_SUBJECT) else None


def _letters(name: str) -> str:
    """Capitals and blanks of a name in capitals are a guess of both."""
    return "".join(name.split()).casefold()
