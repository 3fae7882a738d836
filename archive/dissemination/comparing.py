"""Compares bytes that leave with what is known of them; what differs is told when everything has been seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from archive.dissemination.outgoing import Exported
from metadata.findings import Finding
from metadata.package import PackageBrokenError


class Comparison:
    """Hears of files when they are written (`Outgoing.written`)."""

    def __init__(self) -> None:
        self._broken: list[Finding] = []

    def of(self, path: str, sha256: str, size_bytes: int) -> Callable[[Exported], None]:
        """Compares the file `path` of a package with its digest and size as they are known."""
        return partial(self._compare, path, (sha256, size_bytes))

    def require_same(self) -> None:
        """Raise where any file was not what is known of it.

        Raises:
            PackageBrokenError: with each such file.
        """
        if self._broken:
            raise PackageBrokenError(tuple(self._broken))

    def _compare(self, path: str, known: tuple[str, int], exported: Exported) -> None:
        sha256, size_bytes = known
        if (exported.sha256, exported.size_bytes) != known:
            expected, found = f"{size_bytes} B, SHA-256 {sha256}", f"{exported.size_bytes} B, SHA-256 {exported.sha256}"
            self._broken.append(_differing(path, expected, found))


def require_inventoried(path: str, known_sha512: str, found_sha512: str) -> None:
    """Raise where a stored file `path` is not what the inventory of its package says.

    Raises:
        PackageBrokenError: it is another.
    """
    if found_sha512 != known_sha512:
        raise PackageBrokenError((_differing(path, f"SHA-512 {known_sha512}", f"SHA-512 {found_sha512}"),))


def _differing(path: str, expected: str, found: str) -> Finding:
    return Finding(rule="PKG-003", subject=path, values={"expected": expected, "found": found})
