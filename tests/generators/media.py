"""Films and recordings of a few hundred kilobytes, of any bit rate: silence and black, whole in form.

Written from the published structures of MPEG-1 Audio Layer III, RIFF/AVI, ISO base media (MP4) and ASF.
"""

from __future__ import annotations

import io
import struct
import wave
from uuid import UUID

_MP3_RATES = {32: 1, 64: 5, 96: 7, 128: 9, 192: 11}
_IDENTITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def mp3(kbps: int = 128, seconds: int = 2) -> bytes:
    """Silent frames of 44.1 kHz."""
    head = bytes([0xFF, 0xFB, _MP3_RATES[kbps] << 4, 0x40])
    frame = head + bytes(144 * kbps * 1000 // 44100 - len(head))
    return frame * (seconds * 44100 // 1152)


def wav(seconds: int = 1) -> bytes:
    """Silence, uncompressed."""
    output = io.BytesIO()
    with wave.open(output, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000 * seconds))
    return output.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + (b"\0" if len(data) % 2 else b"")


def avi(kbps: int = 2000, seconds: int = 1, rate: int = 10) -> bytes:
    """Motion JPEG frames of equal size."""
    count, size = seconds * rate, kbps * 1000 // 8 // rate
    main = struct.pack("<14I", 1_000_000 // rate, kbps * 125, 0, 0x10, count, 0, 1, size, 320, 240, 0, 0, 0, 0)
    stream = struct.pack(
        "<4s4sIHH8I4h", b"vids", b"MJPG", 0, 0, 0, 0, 1, rate, 0, count, size, 0xFFFFFFFF, 0, 0, 0, 320, 240
    )
    form = struct.pack("<IiiHH4sIiiII", 40, 320, 240, 1, 24, b"MJPG", 320 * 240 * 3, 0, 0, 0, 0)
    listed = _chunk(b"LIST", b"strl" + _chunk(b"strh", stream) + _chunk(b"strf", form))
    frame = b"\xff\xd8" + bytes(size - 4) + b"\xff\xd9"
    movie = b"movi" + b"".join(_chunk(b"00dc", frame) for _ in range(count))
    step = 8 + size + size % 2
    index = b"".join(struct.pack("<4sIII", b"00dc", 0x10, 4 + n * step, size) for n in range(count))
    body = _chunk(b"LIST", b"hdrl" + _chunk(b"avih", main) + listed) + _chunk(b"LIST", movie) + _chunk(b"idx1", index)
    return _chunk(b"RIFF", b"AVI " + body)


def _box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + kind + data


def _full(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(kind, struct.pack(">I", flags), *parts)


def mp4(kbps: int = 2000, seconds: int = 1, rate: int = 10) -> bytes:
    """One MPEG-4 video track whose samples are all of one size."""
    count, size, scale = seconds * rate, kbps * 1000 // 8 // rate, 1000
    begin = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isommp41")
    header = _full(
        b"mvhd",
        0,
        struct.pack(">IIIIIHHII", 0, 0, scale, seconds * scale, 0x10000, 0x100, 0, 0, 0),
        _IDENTITY,
        bytes(24),
        struct.pack(">I", 2),
    )
    track = _full(
        b"tkhd",
        7,
        struct.pack(">IIIII8xHHHH", 0, 0, 1, 0, seconds * scale, 0, 0, 0, 0),
        _IDENTITY,
        struct.pack(">II", 320 << 16, 240 << 16),
    )
    sample = _box(
        b"mp4v",
        bytes(6),
        struct.pack(">H16xHHII4xH32xHh", 1, 320, 240, 0x480000, 0x480000, 1, 24, -1),
    )
    table = _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), sample),
        _full(b"stts", 0, struct.pack(">III", 1, count, scale // rate)),
        _full(b"stsc", 0, struct.pack(">IIII", 1, 1, count, 1)),
        _full(b"stsz", 0, struct.pack(">II", size, count)),
        _full(b"stco", 0, struct.pack(">II", 1, len(begin) + 8)),
    )
    information = _box(
        b"minf",
        _full(b"vmhd", 1, bytes(8)),
        _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1))),
        table,
    )
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, scale, seconds * scale, 0x55C4, 0)),
        _full(b"hdlr", 0, bytes(4), b"vide", bytes(12), b"v\0"),
        information,
    )
    return begin + _box(b"mdat", bytes(size * count)) + _box(b"moov", header, _box(b"trak", track, media))


def _object(name: str, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return UUID(name).bytes_le + struct.pack("<Q", len(data) + 24) + data


def asf(kbps: int, *, film: bool, seconds: int = 1) -> bytes:
    """Windows Media: WMV where `film`, else WMA."""
    packets = 10
    size, lasts = kbps * 1000 // 8 * seconds // packets, seconds * 10_000_000
    if film:
        kind = "BC19EFC0-5B4D-11CF-A8FD-00805F5C442B"
        form = struct.pack("<IiiHH4sIiiII", 40, 320, 240, 1, 24, b"WMV3", 0, 0, 0, 0, 0)
        told = struct.pack("<IIBH", 320, 240, 2, 40) + form
    else:
        kind = "F8699E40-5B4D-11CF-A8FD-00805F5C442B"
        told = struct.pack("<HHIIHHH", 0x161, 2, 44100, kbps * 125, 1024, 16, 0)
    stream = _object(
        "B7DC0791-A9B7-11CF-8EE6-00C00C205365",
        UUID(kind).bytes_le,
        UUID("20FB5700-5B55-11CF-A8FD-00805F5C442B").bytes_le,
        struct.pack("<QIIHI", 0, len(told), 0, 1, 0),
        told,
    )
    extension = _object(
        "5FBF03B5-A92E-11CF-8EE3-00C00C205365",
        UUID("ABD3D211-A9BA-11CF-8EE6-00C00C205365").bytes_le,
        struct.pack("<HI", 6, 0),
    )
    data = _object(
        "75B22636-668E-11CF-A6D9-00AA0062CE6C",
        bytes(16),
        struct.pack("<QH", packets, 0x101),
        (b"\x82\0\0" + bytes(size - 3)) * packets,
    )

    def whole(length: int) -> bytes:
        properties = _object(
            "8CABDCA1-A947-11CF-8EE4-00C00C205365",
            bytes(16),
            struct.pack("<QQQQQQ4I", length, 0, packets, lasts, lasts, 0, 2, size, size, kbps * 1000),
        )
        body = properties + extension + stream
        head = UUID("75B22630-668E-11CF-A6D9-00AA0062CE6C").bytes_le
        return head + struct.pack("<QIBB", len(body) + 30, 3, 1, 2) + body + data

    return whole(len(whole(0)))
