"""Faults of searching. An index that is down never means "nothing found"."""

from __future__ import annotations

from typing import ClassVar

from metadata.errors import ArchiveError, UsageError


class SearchFaultError(ArchiveError):
    """The index is down, busy, damaged or of another format; the text says which and what cures it."""

    code: ClassVar[str] = "search.fault"


class SearchFormatError(SearchFaultError):
    """The index was written by another version; `luutru index rebuild` makes a readable one."""

    code: ClassVar[str] = "search.format"
    retryable: ClassVar[bool] = False

    def __init__(self, *, found: object, expected: int) -> None:
        self.found = found
        self.expected = expected
        super().__init__(f"the index has format {found!r}, this version reads {expected}; run: luutru index rebuild")


class SearchRequestError(UsageError):
    """The request names a field, a sort or a range that does not exist. Never raised for what stands in the query."""

    code: ClassVar[str] = "search.request"

    def __init__(self, what: str, value: object) -> None:
        self.what = what
        self.value = value
        super().__init__(f"no such {what}: {value!r}")


class SearchExpiredError(UsageError):
    """The list that a cursor goes on with was kept for some minutes only, and the holding has changed since."""

    code: ClassVar[str] = "search.expired"

    def __init__(self) -> None:
        super().__init__("the list has changed since its first page: ask for the first page again, or sort by date")
