"""E-mail as values: headers, body, attachments, of RFC 5322 messages (.eml) and of Outlook's (.msg). Workers only.

Source: RFC 5322, 2045-2049, 2047, 2231; Outlook's container: `mail_outlook`.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice
from pathlib import Path

from ingest.engines import mail_tnef
from ingest.engines.mail_smime import is_encrypted, is_signed, signed_content
from ingest.engines.mail_texts import Doubts, header_text, html_text, rich_text, text_of, tidy
from metadata.mime_entities import MimeUnreadableError, entity_of

MOST_PARTS = 2000
DEEPEST = 20
"""Messages in messages; programs nest three or four."""

_HEADERS = (
    *("Subject", "Message-ID", "In-Reply-To", "Date"),
    *("From", "Sender", "To", "Cc", "Bcc", "Reply-To"),
)
_MOST_MORE = 500
_LONGEST_MORE = 200
_SEEN = 64 << 10
_HEADER_LINE = re.compile(rb"^([!-9;-~]+)[ \t]*:")
_TELLING = frozenset(
    {b"from", b"date", b"subject", b"message-id", b"received", b"to", b"mime-version", b"return-path", b"content-type"}
)
_MESSAGE = "message/rfc822"
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
"""Media types of detached signatures: no files that anybody sent."""

_PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----"
DEEPEST_SIGNED = 5
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


class _AsItStands(email.policy.Compat32):
    """Headers as they stand, bytes beyond ASCII as surrogates; the library's own make question marks of them."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        del name
        return value


_POLICY = _AsItStands()


class UnreadableMailError(Exception):
    """The file is no mail that can be read; the message says why."""


@dataclass(slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    """As the mail calls it, decoded; empty where it gives none."""

    mime: str
    data: bytes
    inline: bool = False
    """A picture that the body shows: a logo, a smiley."""


@dataclass(slots=True)
class Mail:
    """One mail."""

    headers: dict[str, str] = field(default_factory=dict)
    """`From`, `To`, `Cc`, `Bcc`, `Sender`, `Reply-To`, `Subject`, `Message-ID`, `In-Reply-To`, `Date` as written."""

    more: list[tuple[str, str]] = field(default_factory=list)
    """Further headers whose value is short, decoded: a grade of secrecy may be one of them."""

    sent: datetime | None = None
    """In the sender's own zone, where the mail tells it."""

    body: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    doubts: Doubts = field(default_factory=Doubts)
    defects: list[str] = field(default_factory=list)
    protection: str = ""
    """`encrypted`; `signed` where what is signed was not opened, or where nobody judges its signature; or empty."""

    unpacked: int = 0
    """Files that were taken out of `winmail.dat`."""

    parts: int = 0


def looks_like_mail(head: bytes) -> bool:
    """Whether a file that begins with `head` begins with headers of a mail; programs put them in any order."""
    found: set[bytes] = set()
    lines = head.replace(b"\r\n", b"\n").split(b"\n")
    for number, line in enumerate(lines):
        if not line:
            break
        match = _HEADER_LINE.match(line)
        if match:
            found.add(match[1].lower())
        elif not line[:1].isspace() and not (number == 0 and line.startswith(b"From ")) and number < len(lines) - 1:
            return False
    return len(found & _TELLING) >= 2 and bool(found & {b"from", b"received"})  # noqa: PLR2004 - one is chance


def read_mail(path: Path) -> Mail:
    """The mail at `path`, of whichever kind its bytes are.

    Raises:
        UnreadableMailError: it is none.
    """
    with path.open("rb") as stream:
        head = stream.read(_SEEN)
        if head.startswith(_OLE):
            from ingest.engines.mail_outlook import read_outlook  # noqa: PLC0415 - only where it is needed

            return read_outlook(path)
        if not head.strip(b"\0 \r\n\t"):
            raise UnreadableMailError("empty")
        if not looks_like_mail(head.lstrip(b"\xef\xbb\xbf\r\n")):
            raise UnreadableMailError("no headers of a mail")
        stream.seek(0)
        data = stream.read()
    return read_message(data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))


def read_message(data: bytes) -> Mail:
    """The RFC 5322 message `data`. Never raises for what is in it."""
    mail = Mail()
    _take_headers(email.message_from_bytes(data, policy=_POLICY), mail)
    texts = _Texts()
    _take_entity(data, mail, texts, 0)
    _finish(mail, texts)
    return mail


def read_signed(data: bytes, mail: Mail) -> None:
    """Take into `mail` what the entity `data` holds, which somebody signed and which came in another container."""
    texts = _Texts()
    _take_entity(data, mail, texts, 1)
    texts.packed.append(mail.body)
    _finish(mail, texts)


@dataclass(slots=True)
class _Texts:
    """Words of a mail as they come, by how they were written."""

    plain: list[str] = field(default_factory=list)
    rich: list[str] = field(default_factory=list)
    packed: list[str] = field(default_factory=list)
    """Of `winmail.dat`: the same words once more, where others are there."""


def _finish(mail: Mail, texts: _Texts) -> None:
    found = ("\n\n".join(text for text in some if text.strip()) for some in (texts.plain, texts.rich, texts.packed))
    mail.body = tidy(next(filter(None, found), ""))
    if any(text.lstrip().startswith(_PGP_MESSAGE) for text in texts.plain):
        mail.protection = "encrypted"


def _take_entity(data: bytes, mail: Mail, texts: _Texts, depth: int) -> None:
    message = email.message_from_bytes(data, policy=_POLICY)
    parts = list(_parts(message, mail))
    inner = iter(_exact(data, sum(part.get_content_type() == _MESSAGE for part in parts)))
    for part in parts:
        if part.get_content_type() == _MESSAGE:
            _take_message(part, mail, next(inner, None))
        else:
            _take_part(part, mail, texts, depth)


def _exact(data: bytes, count: int) -> list[bytes]:
    """The bytes of messages inside a message as they stand, for a signature in them is over these.

    Args:
        data: The message.
        count: How many the library saw; where another number is seen here, none are given.
    """
    try:
        found = [one for one in entity_of(data).walk() if one.kind == _MESSAGE and one.start]
    except MimeUnreadableError:
        return []
    if len(found) != count or not all(one.encoding in _AS_IT_IS for one in found):
        return []
    return [data[one.body : one.end] for one in found]


def _raw(message: Message, name: str) -> str:
    """The first header of that name, as it stands."""
    return str(message.get(name, ""))


def _take_headers(message: Message, mail: Mail) -> None:
    for name in _HEADERS:
        if value := header_text(_raw(message, name), mail.doubts):
            mail.headers[name] = value
    known = {name.casefold() for name in mail.headers}
    mail.more = short_headers((name, str(raw)) for name, raw in message.items() if name.casefold() not in known)
    mail.sent = day_of(mail.headers.get("Date", ""))


def short_headers(raw: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers as decoded, but for those too long to be a word or two; what is doubtful in them is told by nobody."""
    doubts = Doubts()
    decoded = ((name, header_text(value, doubts)) for name, value in islice(raw, _MOST_MORE))
    return [(name, value) for name, value in decoded if 0 < len(value) <= _LONGEST_MORE]


def day_of(written: str) -> datetime | None:
    """The instant that a Date header means, in the zone that it names; None for what is none."""
    try:
        return parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def people(written: str) -> list[tuple[str, str]]:
    """Names and addresses of a header; Outlook writes bare names."""
    if "@" not in written:
        return [(written.strip(), "")] if written.strip() else []
    return [(name.strip(), address.strip()) for name, address in getaddresses([written]) if name or address]


def _parts(message: Message, mail: Mail) -> Iterator[Message]:
    """Parts that hold something, in order; a message inside is one part, and its text is read with the rest."""
    waiting = [(message, 0)]
    while waiting:
        part, depth = waiting.pop()
        mail.parts += 1
        mail.defects += [type(defect).__name__ for defect in part.defects]
        if part.get_content_type() == "multipart/encrypted":
            mail.protection = "encrypted"
        if mail.parts > MOST_PARTS or depth > DEEPEST:
            mail.defects.append("too many parts")
            return
        if part.get_content_type() == _MESSAGE and part is not message:
            yield part
        elif part.is_multipart():
            inner = [one for one in part.get_payload() if isinstance(one, Message)]
            waiting += [(one, depth + 1) for one in reversed(inner)]
        else:
            yield part


def _take_part(part: Message, mail: Mail, texts: _Texts, depth: int) -> None:
    kind = part.get_content_type()
    name = _name_of(part, mail.doubts)
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    disposition = (_raw(part, "Content-Disposition").partition(";")[0]).strip().casefold()
    is_text = kind.startswith("text/") and disposition != "attachment" and not name
    if is_text and kind == "text/plain":
        texts.plain.append(text_of(data, _charset(part), mail.doubts))
    elif is_text and kind == "text/html":
        texts.rich.append(html_text(text_of(data, _charset(part) or _told_by_html(data), mail.doubts)))
    elif (is_text or not name) and kind in {"text/rtf", "application/rtf"}:
        texts.rich.append(rich_text(data))
    elif kind in _SMIME:
        _take_smime(part, Attachment(name or "smime.p7m", kind, data), mail, texts, depth)
    elif kind in mail_tnef.MIMES or name.casefold() == mail_tnef.NAME:
        _take_packed(Attachment(name or mail_tnef.NAME, "application/ms-tnef", data), mail, texts)
    else:
        shown = bool(part.get("Content-ID")) and kind.startswith("image/") and disposition != "attachment"
        mail.attachments.append(Attachment(name, kind, data, inline=shown))


def _take_smime(part: Message, found: Attachment, mail: Mail, texts: _Texts, depth: int) -> None:
    """What a signed message holds is opened; what only a key opens is kept closed, and told."""
    told = str(part.get_param("smime-type") or "").casefold()
    content = signed_content(found.data)
    if content is not None and depth < DEEPEST_SIGNED:
        _take_entity(content, mail, texts, depth + 1)
        return
    mail.attachments.append(found)
    if is_encrypted(found.data) or not (is_signed(found.data) or told in {"signed-data", "certs-only"}):
        mail.protection = "encrypted"
    elif not mail.protection:
        mail.protection = "signed"


def _take_packed(found: Attachment, mail: Mail, texts: _Texts) -> None:
    """`winmail.dat`: its files are the mail's; where it is damaged it stays as it is, and that is told."""
    try:
        packed = mail_tnef.read_tnef(found.data, mail.doubts)
    except mail_tnef.TnefUnreadableError:
        mail.attachments.append(found)
        return
    texts.packed.append(packed.body)
    mail.defects += packed.defects
    mail.unpacked += len(packed.files)
    mail.attachments += [Attachment(one.name, one.mime, one.data, inline=one.shown) for one in packed.files]


def _take_message(part: Message, mail: Mail, exact: bytes | None) -> None:
    """A mail inside a mail is an attachment of its own, as it stands where that can be told."""
    inner = part.get_payload()
    nested = inner[0] if isinstance(inner, list) and inner else inner
    if isinstance(nested, Message):
        name = _name_of(part, mail.doubts)
        subject = header_text(_raw(nested, "Subject"), mail.doubts)
        anew = email.policy.compat32.clone(linesep="\r\n", max_line_length=0, mangle_from_=False)
        called = name if name.casefold().endswith(".eml") else f"{name or subject or 'message'}.eml"
        mail.attachments.append(Attachment(called, _MESSAGE, exact or nested.as_bytes(policy=anew)))


def _charset(part: Message) -> str:
    found = part.get_param("charset")
    # RFC 2231 gives charset, language and value.
    value = found[2] if isinstance(found, tuple) else found
    return str(value or "").encode("utf-8", "surrogateescape").decode("ascii", "ignore")


def _told_by_html(data: bytes) -> str:
    match = re.search(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,30})", data[:4096], re.IGNORECASE)
    return match[1].decode("ascii") if match else ""


def _name_of(part: Message, doubts: Doubts) -> str:
    """What the part is called: `filename`, else `name`; RFC 2231 or, as most programs write it, an encoded word."""
    for parameter, header in (("filename", "Content-Disposition"), ("name", "Content-Type")):
        try:
            found = part.get_param(parameter, header=header.lower())
        except (ValueError, LookupError):
            found = None
        if isinstance(found, tuple):
            charset, _, value = found
            data = value.encode("latin-1", "replace") if value.isascii() is False else value.encode("ascii")
            return text_of(data, charset or "", doubts) if charset else header_text(value, doubts)
        if found:
            return header_text(str(found), doubts)
    return ""
