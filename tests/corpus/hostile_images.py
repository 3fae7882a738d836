"""Images, whole, half and hostile."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def wide_png() -> bytes:
    """60,000 x 60,000 pixels: 3.6 GB out of 1 KB."""
    return _png(60_000, 60_000, zlib.compress(bytes(1 << 20), 9))


def photograph(kind: str = "JPEG") -> bytes:
    from PIL import Image  # noqa: PLC0415 - only where a photograph is made

    stream = io.BytesIO()
    Image.effect_mandelbrot((320, 240), (-2.0, -1.5, 1.0, 1.5), 60).save(stream, kind)
    return stream.getvalue()


def half(make: Callable[[], bytes]) -> Callable[[], bytes]:
    def cut() -> bytes:
        whole = make()
        return whole[: len(whole) // 2]

    return cut


def tiff_loop() -> bytes:
    """A TIFF whose second directory is its first."""
    entries = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 64)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 72) + bytes(64) + directory + struct.pack("<I", 72)
