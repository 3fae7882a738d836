"""Faults: the system failed. Bad content is never an error but a `Finding`."""

from __future__ import annotations

from typing import ClassVar


class ArchiveError(Exception):
    """The system could not do its work; repeating is safe.

    Every subclass has a stable `code`; data stands on the object, not only in the text.
    """

    code: ClassVar[str] = "archive.fault"
    retryable: ClassVar[bool] = True


class UsageError(ArchiveError):
    """The call itself is wrong."""

    code: ClassVar[str] = "archive.usage"
    retryable: ClassVar[bool] = False


class NotFoundError(ArchiveError):
    """Nothing answers to that identifier."""

    code: ClassVar[str] = "archive.not_found"
    retryable: ClassVar[bool] = False

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(f"nothing found for {what!r}")


class ToolMissingError(ArchiveError):
    """An outside program, library or data file that the work needs is not there."""

    code: ClassVar[str] = "tool.missing"

    def __init__(self, tool: str, cure: str = "") -> None:
        self.tool = tool
        self.cure = cure
        super().__init__(f"{tool} is missing" + (f"; cure: {cure}" if cure else ""))


class ToolUnreadableError(ArchiveError):
    """A tool answered in a way that we cannot read. Never to be taken for a verdict on the content."""

    code: ClassVar[str] = "tool.unreadable"

    def __init__(self, tool: str, answer: str) -> None:
        self.tool = tool
        self.answer = answer[:500]
        super().__init__(f"{tool} answered unreadably: {self.answer!r}")
