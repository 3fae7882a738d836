"""A mail as a plain page: its headers, the names of its attachments, its words. What LibreOffice makes a PDF of.

The body is rendered as words, never as the HTML that came: nothing in it is
run, fetched or hidden, and the page looks the same in forty years.
"""

from __future__ import annotations

import html
from pathlib import Path

from ingest.engines.mail_message import Mail, UnreadableMailError, read_mail

_LABELS = (
    ("From", "Từ"),
    ("Sender", "Người gửi"),
    ("To", "Đến"),
    ("Cc", "Đồng gửi"),
    ("Bcc", "Gửi ẩn"),
    ("Date", "Ngày gửi"),
    ("Subject", "Tiêu đề"),
)
_ENDINGS = frozenset({"eml", "msg"})


def is_mail_name(name: str) -> bool:
    """Whether a file of that name is one that this module may be asked about."""
    return name.casefold().rpartition(".")[2] in _ENDINGS


def page_of(source: Path) -> str | None:
    """The mail at `source` as HTML, None where it is none."""
    try:
        return rendered(read_mail(source))
    except UnreadableMailError:
        return None


def rendered(mail: Mail) -> str:
    """`mail` as one HTML page."""
    rows = [(label, mail.headers[key]) for key, label in _LABELS if mail.headers.get(key)]
    names = [attachment.name or attachment.mime for attachment in mail.attachments if not attachment.inline]
    if names:
        rows.append(("Tệp đính kèm", "; ".join(names)))
    table = "".join(
        f'<p style="margin:0"><b>{html.escape(label)}:</b> {html.escape(value)}</p>\n' for label, value in rows
    )
    body = "".join(f'<p style="margin:0">{html.escape(line) or "&nbsp;"}</p>\n' for line in mail.body.split("\n"))
    title = html.escape(mail.headers.get("Subject", ""))
    return (
        f'<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body style=\"font-family:'Liberation Serif',serif\">\n{table}<hr>\n{body}</body></html>\n"
    )
