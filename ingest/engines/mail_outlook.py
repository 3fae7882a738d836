"""Messages of Outlook (.msg): properties in the streams of a compound file, body as text, HTML or packed RTF.

Source: [MS-OXMSG] 2.1-2.4 (streams of properties), [MS-OXPROPS] (numbers of properties), [MS-OXRTFCP] 2.1-3.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import olefile

from ingest.engines.mail_message import Attachment, Mail, UnreadableMailError, day_of, read_signed, short_headers
from ingest.engines.mail_packed_rtf import unpacked_rtf
from ingest.engines.mail_smime import is_encrypted, signed_content
from ingest.engines.mail_texts import Doubts, header_text, html_text, rich_text, text_of, tidy

_MOST_BYTES = 512 << 20
_MOST_ATTACHMENTS = 1000
_PROPERTIES = "__properties_version1.0"
_STRING_8, _STRING_16, _BINARY, _OBJECT, _TIME, _LONG = 0x001E, 0x001F, 0x0102, 0x000D, 0x0040, 0x0003
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_TRANSPORT, _SUBJECT, _BODY, _HTML, _RTF = 0x007D, 0x0037, 0x1000, 0x1013, 0x1009
_FROM_NAME, _FROM_SMTP, _FROM_ADDRESS, _FROM_SENT = 0x0C1A, 0x5D01, 0x0C1F, 0x5D02
_TO, _CC, _BCC, _MESSAGE_ID, _REPLY = 0x0E04, 0x0E03, 0x0E02, 0x1035, 0x1042
_SUBMITTED, _DELIVERED = 0x0039, 0x0E06
_CODE_PAGE, _BODY_PAGE = 0x3FFD, 0x3FDE
_LONG_NAME, _SHORT_NAME, _SHOWN_NAME, _MIME, _DATA = 0x3707, 0x3704, 0x3001, 0x370E, 0x3701
_CONTENT_ID, _HIDDEN = 0x3712, 0x7FFE
_CLASS = 0x001A


def read_outlook(path: Path) -> Mail:
    """The message at `path`.

    Raises:
        UnreadableMailError: it is no message of Outlook, or damaged.
    """
    try:
        with closing(_opened(path)) as container:
            if not container.exists(_PROPERTIES):
                raise UnreadableMailError("no message of Outlook")
            return _Message(container, "").mail()
    except (OSError, ValueError, struct.error, IndexError, TypeError, AttributeError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UnreadableMailError(str(error)[:200]) from error


def _opened(path: Path) -> Any:  # noqa: ANN401 - the library has no annotations
    return olefile.OleFileIO(str(path))  # type: ignore[no-untyped-call]


class _Message:
    """The message in one storage of a compound file; the outermost in the root, another inside its attachment."""

    def __init__(self, container: Any, place: str) -> None:  # noqa: ANN401
        self._container = container
        self._place = place
        self._doubts = Doubts()
        self._fixed = self._fixed_properties(place, 24 if place else 32)
        self._page = self._code_page(_CODE_PAGE) or self._code_page(_BODY_PAGE) or "cp1252"

    def mail(self) -> Mail:
        mail = Mail(doubts=self._doubts)
        mail.headers = {name: value for name, value in self._headers() if value}
        named = {name.casefold() for name in mail.headers}
        transport = _transport_headers(self._text(_TRANSPORT))
        mail.more = short_headers((name, value) for name, value in transport.items() if name not in named)
        mail.sent = day_of(mail.headers.get("Date", "")) or self._time(_SUBMITTED) or self._time(_DELIVERED)
        if mail.sent is not None:
            mail.headers.setdefault("Date", mail.sent.isoformat())
        mail.body = tidy(self._body())
        mail.attachments = list(self._attachments())
        mail.parts = len(mail.attachments) + 1
        if "smime" in self._text(_CLASS).casefold():
            self._open(mail)
        return mail

    def _open(self, mail: Mail) -> None:
        """Outlook keeps a message of S/MIME closed in its only attachment: a part as it was sent, or a CMS."""
        for held in list(mail.attachments):
            content = signed_content(held.data)
            if held.data.lstrip()[:13].lower() == b"content-type:":
                # The signature is over a part that no other program finds in such a file.
                mail.protection = "signed"
                mail.attachments.remove(held)
                read_signed(held.data, mail)
            elif content is not None:
                read_signed(content, mail)
            elif is_encrypted(held.data):
                mail.protection = "encrypted"

    def _headers(self) -> Iterator[tuple[str, str]]:
        """Headers of the transport where it came over the network; what Outlook itself knows for the rest."""
        transport = _transport_headers(self._text(_TRANSPORT))
        name = self._text(_FROM_NAME)
        address = self._text(_FROM_SMTP) or self._text(_FROM_SENT) or self._text(_FROM_ADDRESS)
        sender = f"{name} <{address}>" if name and "@" in address and name != address else name or address
        own = {
            "From": sender,
            "To": self._text(_TO),
            "Cc": self._text(_CC),
            "Bcc": self._text(_BCC),
            "Subject": self._text(_SUBJECT),
            "Message-ID": self._text(_MESSAGE_ID),
            "In-Reply-To": self._text(_REPLY),
            "Date": "",
        }
        for key, value in own.items():
            told = transport.get(key.casefold(), "")
            yield key, header_text(told or value if key != "Subject" else value or told, self._doubts)

    def _body(self) -> str:
        if plain := self._text(_BODY):
            return plain
        if html := self._bytes(_HTML, _BINARY):
            return html_text(text_of(html, self._code_page(_BODY_PAGE) or "", self._doubts))
        if html_in_letters := self._text(_HTML):
            return html_text(html_in_letters)
        packed = self._bytes(_RTF, _BINARY)
        return rich_text(unpacked_rtf(packed)) if packed else ""

    # ------------------------------------------------------------ attachments

    def _attachments(self) -> Iterator[Attachment]:
        start = [part for part in self._place.split("/") if part]
        names = {
            entry[len(start)]
            for entry in self._container.listdir(streams=True, storages=True)
            if entry[: len(start)] == start and len(entry) > len(start) and entry[len(start)].startswith("__attach_")
        }
        for name in sorted(names)[:_MOST_ATTACHMENTS]:
            inner = _Storage(self._container, "/".join([*start, name]), self._page, self._doubts)
            yield inner.attachment()

    # ------------------------------------------------------------ properties

    def _fixed_properties(self, place: str, header: int) -> dict[tuple[int, int], bytes]:
        return fixed_properties(self._container, place, header)

    def _code_page(self, number: int) -> str:
        value = self._fixed.get((number, _LONG))
        page = int.from_bytes(value[:4], "little") if value else 0
        return {65001: "utf-8", 1200: "utf-16-le", 20127: "ascii"}.get(page, f"cp{page}" if page else "")

    def _time(self, number: int) -> datetime | None:
        value = self._fixed.get((number, _TIME))
        ticks = int.from_bytes(value, "little") if value else 0
        with suppress(OverflowError):
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        return None

    def _text(self, number: int) -> str:
        return text_property(self._container, self._place, number, self._page, self._doubts)

    def _bytes(self, number: int, kind: int) -> bytes:
        return stream_of(self._container, self._place, number, kind)


class _Storage:
    """One attachment."""

    def __init__(self, container: Any, place: str, page: str, doubts: Doubts) -> None:  # noqa: ANN401
        self._container, self._place, self._page, self._doubts = container, place, page, doubts

    def attachment(self) -> Attachment:
        name = self._text(_LONG_NAME) or self._text(_SHORT_NAME) or self._text(_SHOWN_NAME)
        inside = f"{self._place}/__substg1.0_{_DATA:04X}{_OBJECT:04X}"
        if self._container.exists(f"{inside}/{_PROPERTIES}"):
            return self._message(inside, name)
        data = stream_of(self._container, self._place, _DATA, _BINARY)
        mime = self._text(_MIME)
        fixed = fixed_properties(self._container, self._place, 8)
        hidden = fixed.get((_HIDDEN, 0x000B), b"\0")[:1] == b"\1"
        shown = (hidden or bool(self._text(_CONTENT_ID))) and mime.casefold().startswith("image/")
        return Attachment(name, mime or "application/octet-stream", data, inline=shown)

    def _message(self, place: str, name: str) -> Attachment:
        """A message inside: its words, for no program reads a storage that was taken out of its file."""
        mail = _Message(self._container, place).mail()
        lines = [f"{key}: {value}" for key, value in mail.headers.items()]
        text = "\n".join([*lines, "", mail.body, ""])
        return Attachment(f"{name or mail.headers.get('Subject', '') or 'message'}.txt", "text/plain", text.encode())

    def _text(self, number: int) -> str:
        return text_property(self._container, self._place, number, self._page, self._doubts)


def _stream_name(place: str, name: str) -> str:
    return f"{place}/{name}" if place else name


def fixed_properties(container: Any, place: str, header: int) -> dict[tuple[int, int], bytes]:  # noqa: ANN401
    """Properties of fixed length in one storage: eight bytes each, by number and type."""
    name = _stream_name(place, _PROPERTIES)
    if not container.exists(name):
        return {}
    data = container.openstream(name).read(1 << 20)
    found: dict[tuple[int, int], bytes] = {}
    for at in range(header, len(data) - 15, 16):
        kind, number, _, value = struct.unpack_from("<HHL8s", data, at)
        found[number, kind] = value
    return found


def stream_of(container: Any, place: str, number: int, kind: int) -> bytes:  # noqa: ANN401
    """The bytes of a property that has a stream of its own; empty where there is none."""
    name = _stream_name(place, f"__substg1.0_{number:04X}{kind:04X}")
    return bytes(container.openstream(name).read(_MOST_BYTES)) if container.exists(name) else b""


def text_property(container: Any, place: str, number: int, page: str, doubts: Doubts) -> str:  # noqa: ANN401
    """A property of text, in Unicode or in the code page of the message."""
    if wide := stream_of(container, place, number, _STRING_16):
        return wide.decode("utf-16-le", "replace").rstrip("\0")
    narrow = stream_of(container, place, number, _STRING_8).rstrip(b"\0")
    return text_of(narrow, page, doubts) if narrow else ""


def _transport_headers(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    last = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        if not line:
            continue
        if line[0] in " \t" and last:
            found[last] += f" {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        last = name.strip().casefold() if colon else ""
        if last:
            found.setdefault(last, value.strip())
    return found
