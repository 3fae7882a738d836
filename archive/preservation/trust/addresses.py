"""Which addresses may be asked for revocation data: those that the operator listed, and no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult

from archive.preservation.fetching import FetchError, port_of, split_address
from metadata.errors import UsageError

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True)
class AllowedPlace:
    """One entry of the operator's list."""

    scheme: str
    """Empty: HTTP and HTTPS on their usual ports."""

    host: str
    port: int
    path: str
    """What the path must begin with, whole segments."""

    def permits(self, parts: SplitResult) -> bool:
        """Whether an address lies in this place."""
        if parts.hostname != self.host:
            return False
        if not self.scheme:
            return parts.port in {None, 80, 443}
        if (parts.scheme, port_of(parts)) != (self.scheme, self.port):
            return False
        path = parts.path or "/"
        return path == self.path or path.startswith(self.path if self.path.endswith("/") else f"{self.path}/")


class AllowList:
    """The operator's list of places.

    Args:
        entries: Hosts (`crl.ca.gov.vn`: HTTP and HTTPS on their usual ports) or prefixes of addresses
            (`http://crl.ca.gov.vn/pki/`). Nothing is a pattern: a host permits no other host below it.

    Raises:
        UsageError: an entry is neither.
    """

    def __init__(self, entries: Sequence[str]) -> None:
        self._places = tuple(_place(entry) for entry in entries)

    def __bool__(self) -> bool:
        return bool(self._places)

    def permits(self, url: str) -> bool:
        """Whether `url` may be asked."""
        try:
            parts = split_address(url)
        except FetchError:
            return False
        # What one reader takes for a dot or a slash, another takes for a letter.
        if {"..", "."} & set(parts.path.split("/")) or "%2e" in parts.path.lower() or "%2f" in parts.path.lower():
            return False
        return any(place.permits(parts) for place in self._places)


def _place(entry: str) -> AllowedPlace:
    if _HOST.fullmatch(entry):
        return AllowedPlace("", entry.strip("[]"), 0, "/")
    try:
        parts = split_address(entry)
    except FetchError as error:
        msg = f"LUUTRU_REVOCATION__ALLOW: {entry!r} is neither a host in small letters nor a whole address"
        raise UsageError(msg) from error
    if parts.query:
        msg = f"LUUTRU_REVOCATION__ALLOW: {entry!r} has a query, which is no prefix of anything"
        raise UsageError(msg)
    return AllowedPlace(parts.scheme, parts.hostname or "", port_of(parts), parts.path or "/")
