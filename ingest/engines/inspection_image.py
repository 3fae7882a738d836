"""A first look at an image: dimensions from its header, nothing is decoded; and whether its end is there."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, TiffImagePlugin, UnidentifiedImageError

from ingest.engines.inspection import DAMAGED, TOO_MUCH, Look, ProblemError

MAX_PIXELS = 250_000_000
"""A0 at 400 dpi is 247 million."""

MAX_FRAMES = 10_000
_TAIL_BYTES = 1 << 16
_MOST_DPI = 100_000
_TIFF = 42
_STRIPS = ((273, 279), (324, 325))
"""Tags of offsets and sizes of a TIFF's strips and tiles."""


def look(path: Path, found: Look) -> None:
    """Look at the image at `path`.

    Raises:
        ProblemError: it is no image, a part is missing, or it has too many pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of bad tags; they are judged here, and so is the size.
        Image.MAX_IMAGE_PIXELS = None
        try:
            with Image.open(path) as image:
                _measure(image, found)
                _COMPLETE.get(image.format or "", _nothing_known)(path, image)
        except ProblemError:
            raise
        except (
            UnidentifiedImageError,
            SyntaxError,
            struct.error,
            ValueError,
            EOFError,
            KeyError,
            TypeError,
            IndexError,
        ) as error:
            raise ProblemError(DAMAGED, type(error).__name__) from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise ProblemError(DAMAGED, str(error)) from error


def _measure(image: Image.Image, found: Look) -> None:
    found.width_px, found.height_px = image.size
    found.measured |= _told_by_itself(image)
    frames = 0
    pixels = 0
    while True:
        width, height = image.size
        pixels = max(pixels, width * height)
        if pixels > MAX_PIXELS:
            raise ProblemError(TOO_MUCH, f"{width} x {height} pixels, at most {MAX_PIXELS // 1_000_000} million")
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            _strips_are_there(image)
        frames += 1
        if frames > MAX_FRAMES:
            raise ProblemError(TOO_MUCH, f"more than {MAX_FRAMES} images in one file")
        if not isinstance(image, TiffImagePlugin.TiffImageFile):
            break
        try:
            image.seek(frames)
        except EOFError:
            break
    found.pages = frames


_MODES = {"1": ("bilevel", 1), "L": ("grey", 8), "LA": ("grey", 8), "I;16": ("grey", 16), "P": ("colour", 8)}
_TRUE_COLOUR_BITS = 24


def _told_by_itself(image: Image.Image) -> dict[str, Any]:
    """Resolution and colour as the image states them; a density of 1 or less is none."""
    colour, bits = _MODES.get(image.mode, ("colour", _TRUE_COLOUR_BITS))
    stated = image.info.get("dpi")
    across = min((float(value) for value in stated), default=0.0) if isinstance(stated, tuple) else 0.0
    return {"colour": colour, "bits": bits, "dpi": round(across) if 1 < across < _MOST_DPI else None}


def _strips_are_there(image: TiffImagePlugin.TiffImageFile) -> None:
    size = Path(str(image.filename)).stat().st_size
    tags = image.tag_v2
    for offsets, counts in _STRIPS:
        for offset, count in zip(_numbers(tags.get(offsets)), _numbers(tags.get(counts)), strict=False):
            if offset + count > size:
                raise ProblemError(DAMAGED, f"strip at {offset} of {count} bytes, file of {size}")


def _numbers(value: object) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return tuple(int(number) for number in value)
    return (value,) if isinstance(value, int) else ()


def _tail(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - _TAIL_BYTES))
        return stream.read()


def _ends_with(mark: bytes) -> Callable[[Path, Image.Image], None]:
    def check(path: Path, image: Image.Image) -> None:
        del image
        if mark not in _tail(path):
            raise ProblemError(DAMAGED, "the end of the file is missing")

    return check


def _gif_ends(path: Path, image: Image.Image) -> None:
    del image
    if not _tail(path).rstrip(b"\0").endswith(b"\x3b"):
        raise ProblemError(DAMAGED, "the end of the file is missing")


def _refuse_loop(path: Path, image: Image.Image) -> None:
    """Follow the chain of a TIFF's directories, whose next one may be an earlier one. BigTIFF is left to Pillow."""
    del image
    with path.open("rb") as stream:
        head = stream.read(8)
        order = "<" if head[:2] == b"II" else ">"
        magic, place = struct.unpack(f"{order}2xHI", head)
        if magic != _TIFF:
            return
        seen: set[int] = set()
        while place and place not in seen and len(seen) <= MAX_FRAMES:
            seen.add(place)
            stream.seek(place)
            count = int.from_bytes(stream.read(2), "little" if order == "<" else "big")
            stream.seek(place + 2 + 12 * count)
            place = int.from_bytes(stream.read(4), "little" if order == "<" else "big")
    if place:
        raise ProblemError(TOO_MUCH, "the directories of the TIFF form a loop")


def _nothing_known(path: Path, image: Image.Image) -> None:
    """Formats whose end cannot be told from their bytes."""


_COMPLETE: dict[str, Callable[[Path, Image.Image], None]] = {
    "JPEG": _ends_with(b"\xff\xd9"),
    "MPO": _ends_with(b"\xff\xd9"),
    "PNG": _ends_with(b"IEND"),
    "TIFF": _refuse_loop,
    "GIF": _gif_ends,
}
