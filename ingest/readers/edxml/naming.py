"""Names of attachments: what a message calls them, made fit to be the name of one file."""

from __future__ import annotations

import re

from ingest.readers.listing import LONG_NAME_BYTES, shown
from metadata.codes import nfc
from metadata.formats import by_mime

_SEPARATORS = re.compile(r"[/\\]")


def file_name(written: str, content_type: str, number: int) -> str:
    """The name under which an attachment is laid down; `written` itself where that will do.

    Args:
        written: As the message calls it: it may be a path, or hold signs that no name may.
        content_type: Tells the ending where there is no name at all.
        number: Of the attachment in its message.
    """
    last = nfc(_SEPARATORS.split(written.strip())[-1])
    clean = shown(last.replace("\0", "")).replace("\\", "_").strip(" .")
    if not clean:
        known = by_mime(content_type.partition(";")[0].strip().lower())
        ending = f".{known.extensions[0]}" if known is not None and known.extensions else ""
        clean = f"tep-{number}{ending}"
    return _shortened(clean)


def _shortened(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending) > 10:  # noqa: PLR2004 - longer ones are words behind a dot
        stem, ending = name, ""
    while len(name.encode()) > LONG_NAME_BYTES:
        stem = stem[:-1]
        name = f"{stem}.{ending}" if ending else stem
    return name
