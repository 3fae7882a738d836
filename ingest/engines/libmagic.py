"""libmagic: the second opinion on what a file is. Only in worker processes: it reads delivered bytes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import ToolMissingError, ToolUnreadableError
from metadata.formats import BINARY

if TYPE_CHECKING:
    import magic

CURE = "apt-get install libmagic1"

_PDF = b"%PDF-"
_PEM_OF_CMS = (b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----", b"-----BEGIN PKCS #7 SIGNED DATA-----")


@cache
def _library() -> magic.Magic:
    try:
        import magic  # noqa: PLC0415 - loading it loads the C library, which may be missing

        return magic.Magic(mime=True)
    except (ImportError, OSError) as error:
        raise ToolMissingError("libmagic", CURE) from error


def mime_of(path: Path) -> str:
    """What libmagic says, but for CMS in PEM (it says plain text) and PDFs behind junk (it says nothing).

    Raises:
        ToolMissingError: the C library or its database is not installed.
        ToolUnreadableError: libmagic failed.
    """
    with path.open("rb") as stream:
        head = stream.read(1024)
    if head.lstrip().startswith(_PEM_OF_CMS):
        return "application/pkcs7-signature"
    try:
        mime = str(_library().from_file(str(path)))
    except (ToolMissingError, OSError):
        raise
    except Exception as error:
        raise ToolUnreadableError("libmagic", str(error)) from error
    if "/" not in mime:
        raise ToolUnreadableError("libmagic", mime)
    # ISO 32000 readers look for the header in the first 1024 bytes; libmagic gives up after some kinds of junk.
    return "application/pdf" if mime == BINARY and _PDF in head else mime


def version() -> str:
    """Version of the C library, such as `5.44`."""
    _library()
    import magic  # noqa: PLC0415 - the same

    number = int(magic.version())  # type: ignore[no-untyped-call]  # python-magic has no types
    return f"{number // 100}.{number % 100:02}"
