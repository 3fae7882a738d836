"""What can be measured in the file of a digitised record: resolution, colour, layers, bit rates, where it is signed."""

from __future__ import annotations

from enum import StrEnum, unique

from pydantic import BaseModel, ConfigDict


@unique
class Colour(StrEnum):
    """How a scan was made, the poorest first."""

    BILEVEL = "bilevel"
    GREY = "grey"
    COLOUR = "colour"


class SignaturePlace(BaseModel):
    """Where a signature is shown, as fractions of the page from its upper left corner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: int
    """From 1."""

    left: float
    top: float
    right: float
    bottom: float
    shows_image: bool = False
    """Whether its appearance draws an image, such as a seal."""


class Measured(BaseModel):
    """Measures of one file; None: not measured, or there is nothing of the kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    looked_pages: int = 0
    """Pages of a PDF that were looked at; in long ones a sample, evenly spread."""

    scanned_pages: int = 0
    """Of these, pages that an image covers."""

    scanned_without_text: int = 0
    """Of these, pages without a text layer."""

    dpi: int | None = None
    """Lowest resolution of a scanned page, or of an image file as it says of itself."""

    colour: Colour | None = None
    """The poorest of the scanned pages, or of an image file."""

    bits: int | None = None
    """Fewest bits a pixel of a scanned page, or of an image file."""

    signed_places: tuple[SignaturePlace, ...] = ()
    """Where signatures are shown; one that is shown nowhere is not among them."""

    container: str = ""
    """Of a film or recording, as MediaInfo calls it."""

    duration_ms: int | None = None
    video_codec: str = ""
    video_kbps: int | None = None
    audio_codec: str = ""
    audio_kbps: int | None = None

    @property
    def scanned(self) -> bool:
        """Whether every page that was looked at is a scan."""
        return bool(self.scanned_pages) and self.scanned_pages == self.looked_pages
