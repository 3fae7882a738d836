"""libmagic: the second opinion on what a file is. Only in worker processes: it reads delivered bytes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from metadata.errors import ToolMissingError, ToolUnreadableError

if TYPE_CHECKING:
    import magic

CURE = "apt-get install libmagic1"

_PEM_OF_CMS = (b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----", b"-----BEGIN PKCS #7 SIGNED DATA-----")


@cache
def _library() -> magic.Magic:
    try:
        import magic  # noqa: PLC0415 - loading it loads the C library, which may be missing

        return magic.Magic(mime=True)
    except (ImportError, OSError) as error:
        raise ToolMissingError("libmagic", CURE) from error


def mime_of(path: Path) -> str:
    """The MIME type that libmagic gives; `application/pkcs7-signature` for CMS in PEM, which it calls plain text.

    Raises:
        ToolMissingError: the C library or its database is not installed.
        ToolUnreadableError: libmagic failed.
    """
    with path.open("rb") as stream:
        if stream.read(64).lstrip().startswith(_PEM_OF_CMS):
            return "application/pkcs7-signature"
    try:
        mime = str(_library().from_file(str(path)))
    except (ToolMissingError, OSError):
        raise
    except Exception as error:
        raise ToolUnreadableError("libmagic", str(error)) from error
    if "/" not in mime:
        raise ToolUnreadableError("libmagic", mime)
    return mime


def version() -> str:
    """Version of the C library, such as `5.44`."""
    _library()
    import magic  # noqa: PLC0415 - the same

    number = int(magic.version())  # type: ignore[no-untyped-call]  # python-magic has no types
    return f"{number // 100}.{number % 100:02}"
