"""E-mail for the reader of deliveries: headers and words as JSON, attachments as files under numbers. Worker task."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ingest.engines.mail_message import SIGNATURES, Attachment, Mail, UnreadableMailError, people, read_mail
from ingest.engines.mail_smime import is_encrypted
from ingest.engines.mail_tnef import MIMES
from ingest.engines.unpacking_names import shown

MOST_ATTACHMENTS = 1000
_LONGEST = 4000
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_ENDINGS = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "text/plain": "txt",
    "text/html": "html",
    "text/csv": "csv",
    "message/rfc822": "eml",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}


def read(scratch: Path, path: str) -> dict[str, Any]:
    """The mail at `path`.

    Returns:
        `problem`: why it is none, else empty and `headers` (as written, decoded), `more` (further short ones), `sent`
        (RFC 3339 with the sender's offset, or empty), `sender` (name and address), `protection`, `unpacked` (files of
        `winmail.dat`), `defects`, `read_as` (how many texts by the encoding in which they were read against their
        declaration), and `attachments`: `name` as told, `file` (a name that is safe and used once), `mime`, `bytes`,
        `kind` (`file`, `inline`, `tnef`, `signature`, `encrypted`); those of kind `file` are outputs by the number in
        `output`.
    """
    try:
        mail = read_mail(Path(path))
    except UnreadableMailError as error:
        return {"problem": str(error)[:200] or "unreadable"}
    outputs: dict[str, str] = {}
    attachments = []
    used: set[str] = set()
    for number, attachment in enumerate(mail.attachments[:MOST_ATTACHMENTS], start=1):
        kind = _kind(attachment)
        told = {"name": shown(attachment.name), "mime": attachment.mime[:100], "bytes": len(attachment.data)}
        output = f"{number:04}" if kind == "file" else ""
        if output:
            (scratch / output).write_bytes(attachment.data)
            outputs[output] = output
        named = {"kind": kind, "file": _file_name(attachment, number, used), "output": output}
        attachments.append({**told, **named})
    return {**_told(mail), "attachments": attachments, "outputs": outputs}


def _told(mail: Mail) -> dict[str, Any]:
    (name, address) = next(iter(people(mail.headers.get("From", ""))), ("", ""))
    return {
        "problem": "",
        "headers": {key: shown_long(value) for key, value in mail.headers.items()},
        "more": [[shown(name), shown_long(text)] for name, text in mail.more],
        "sent": mail.sent.isoformat() if mail.sent else "",
        "sender": [shown_long(name), shown_long(address)],
        "protection": mail.protection,
        "unpacked": mail.unpacked,
        "defects": sorted(set(mail.defects)),
        "read_as": mail.doubts.read_as,
    }


def shown_long(text: str) -> str:
    """`text` without signs that cannot be seen, of a length that somebody may read."""
    return "".join(shown(text[start : start + 200]) for start in range(0, min(len(text), _LONGEST), 200))


def _kind(attachment: Attachment) -> str:
    if attachment.mime in MIMES:
        return "tnef"
    if is_encrypted(attachment.data):
        return "encrypted"
    if attachment.mime in SIGNATURES:
        return "signature"
    return "inline" if attachment.inline else "file"


def _file_name(attachment: Attachment, number: int, used: set[str]) -> str:
    """A name that any file system takes, as near to the mail's own as can be."""
    plain = _UNSAFE.sub("_", shown(attachment.name).replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or not stem:
        stem, ending = plain or f"dinh-kem-{number}", _ENDINGS.get(attachment.mime.casefold(), "bin")
    while len(stem.encode()) > 180:  # noqa: PLR2004 - names of 255 bytes are the longest, and a number may be added
        stem = stem[:-1]
    name, more = f"{stem}.{ending[:20]}", 1
    while name.casefold() in used:
        more += 1
        name = f"{stem} ({more}).{ending[:20]}"
    used.add(name.casefold())
    return name
