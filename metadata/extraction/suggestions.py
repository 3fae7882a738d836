"""Suggestions: a value that a page shows for a field, how sure it is, and where it stands."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

ORGAN, NUMBER, NOTATION = "organ_name", "code_number", "code_notation"
DAY, TYPE, SUBJECT = "issued_date", "type_name", "subject"
SIGNER, POSITION = "signer", "signer_position"

KEYS = (NUMBER, NOTATION, DAY, ORGAN, TYPE, SUBJECT, POSITION, SIGNER)
"""Fields for which something can be suggested, in the order in which they are told."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions of the page's width and height, from the top left."""


class Suggestion(BaseModel):
    """What a page says of one field of its document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Key of the profile table, one of `KEYS`."""

    value: str
    """Normalised as the field wants it: a day as `YYYY-MM-DD`, a name with the capitals of a sentence."""

    written: str
    """As it stands on the page, lines joined by blanks."""

    confidence: float
    """0 to 1: how sure the letters are and how well the place fits. Born-digital letters are sure."""

    page: int
    """From 1."""

    box: Box
