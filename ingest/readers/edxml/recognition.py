"""Which files are messages of the exchange: by their names, and where these say only `.xml`, by their first bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ingest.ordinary_files import opened
from ingest.readers.listing import DeliveryUnreadableError, list_delivery, shown
from metadata.edxml import NAMESPACE, OLD_NAMESPACE

ENDING = ".edxml"
_XML = ".xml"
_HEAD = 8192
_MARKS = (NAMESPACE.encode(), OLD_NAMESPACE.rstrip("/").encode(), b"<edXML", b":edXML")
_DEEPEST = 4
_MOST_LOOKED_AT = 1000
"""Files called `.xml` that are looked into before a folder counts as none of ours."""


def is_message(path: Path) -> bool:
    """Whether the file at `path` is called like a message, or is called `.xml` and begins like one.

    Raises:
        DeliveryUnreadableError: the file may not be read.
    """
    name = path.name.lower()
    return name.endswith(ENDING) or (name.endswith(_XML) and _begins_so(path))


def holds_messages(folder: Path) -> bool:
    """Whether a message lies in `folder` or not far below it.

    Raises:
        DeliveryUnreadableError: a folder cannot be read.
    """
    names = [path for path in list_delivery(folder).files if path.count("/") < _DEEPEST]
    if any(name.lower().endswith(ENDING) for name in names):
        return True
    called = (name for name in names if name.lower().endswith(_XML))
    return any(_begins_so(folder / name) for name, _ in zip(called, range(_MOST_LOOKED_AT), strict=False))


def messages_among(root: Path, files: Iterable[str]) -> Iterator[str]:
    """Those of `files`, relative to `root`, that are messages."""
    return (path for path in files if is_message(root / path))


def _begins_so(path: Path) -> bool:
    """Whether the words of the exchange stand in the first bytes; nothing is parsed."""
    try:
        with opened(path) as stream:
            head = stream.read(_HEAD).replace(b"\0", b"")
    except OSError as error:
        raise DeliveryUnreadableError(shown(str(path)), error.strerror or str(error)) from error
    return any(mark in head for mark in _MARKS)
