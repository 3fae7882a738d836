"""Text of pages: what `representations/rep3` keeps, one JSON object a page (JSON Lines, zstd)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Word(BaseModel):
    """A word with its box on the page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: int
    """Offset of the first character in the page's text."""

    end: int
    box: tuple[float, float, float, float]
    """Left, top, right, bottom as fractions of the page's width and height, 0 to 1, from the top left."""

    confidence: float | None = None
    """0 to 100; None where nothing was recognised (born digital)."""


class PageText(BaseModel):
    """One page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: int
    """From 1."""

    text: str
    """Unicode NFC, lines parted by newline."""

    source: str
    """`born-digital`, `ocr`, `decoded`, `none`; `typed`: nothing was read, and a person wrote it down."""

    confidence: float | None = None
    """Mean confidence of the page's words, 0 to 100."""

    words: tuple[Word, ...] = ()
    doubtful: str = ""
    """Why a person should look: empty, or a short code such as `low-confidence`, `no-words`."""
