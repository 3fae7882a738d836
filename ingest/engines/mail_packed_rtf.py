"""RTF as Outlook packs it ([MS-OXRTFCP] 2.1-3.1): in its own files and in `winmail.dat`."""

from __future__ import annotations

import struct

_MOST_BYTES = 512 << 20
_PACKED, _UNPACKED = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_START = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def unpacked_rtf(data: bytes) -> bytes:
    """RTF as Outlook packs it: runs of a window of 4096 bytes that begins with a text that both sides know."""
    if len(data) < 16:  # noqa: PLR2004 - the header
        return b""
    packed, size, kind, _ = struct.unpack_from("<4L", data)
    if kind == _UNPACKED:
        return data[16 : 16 + size]
    if kind != _PACKED:
        return b""
    window = bytearray(_WINDOW)
    window[: len(_START)] = _START
    end, at, out = len(_START), 16, bytearray()
    last = min(len(data), packed + 4)
    while at < last and len(out) < min(size, _MOST_BYTES):
        flags, at = data[at], at + 1
        for bit in range(8):
            if at >= last:
                break
            if flags >> bit & 1 == 0:
                window[end % _WINDOW] = data[at]
                out.append(data[at])
                end, at = (end + 1) % _WINDOW, at + 1
                continue
            place = int.from_bytes(data[at : at + 2], "big")
            at += 2
            begin, length = place >> 4, (place & 0xF) + 2
            if begin == end:
                return bytes(out)
            for step in range(length):
                byte = window[(begin + step) % _WINDOW]
                window[end] = byte
                out.append(byte)
                end = (end + 1) % _WINDOW
    return bytes(out)
