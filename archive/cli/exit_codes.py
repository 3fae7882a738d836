"""Exit codes of the contract, and which of several counts."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, unique

from metadata.errors import ArchiveError, NotFoundError, UsageError


@unique
class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    USAGE = 2
    REJECTED = 3
    FAULT = 4
    NOT_FOUND = 5
    INDETERMINATE = 6


_GRAVEST_FIRST = (
    ExitCode.FAULT,
    ExitCode.REJECTED,
    ExitCode.INDETERMINATE,
    ExitCode.NOT_FOUND,
    ExitCode.USAGE,
)


def gravest(codes: Iterable[ExitCode]) -> ExitCode:
    """The code that counts when several items were handled."""
    met = set(codes)
    return next((code for code in _GRAVEST_FIRST if code in met), ExitCode.OK)


def code_of(error: ArchiveError) -> ExitCode:
    """The exit code that `error` means."""
    if isinstance(error, NotFoundError):
        return ExitCode.NOT_FOUND
    if isinstance(error, UsageError):
        return ExitCode.USAGE
    return ExitCode.FAULT
