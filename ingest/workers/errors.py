"""Faults of the worker processes, and how a fault crosses from a child to the parent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from metadata.errors import ArchiveError


class WorkerFaultError(ArchiveError):
    """A worker process could not do its work for a reason of the machine: no disk, no memory, no process.

    Never a statement about the file that it was given.
    """

    code: ClassVar[str] = "workers.fault"


class WorkersClosedError(ArchiveError):
    """The pool was closed before the task was done; repeating it in another pool is safe."""

    code: ClassVar[str] = "workers.closed"

    def __init__(self) -> None:
        super().__init__("the pool of worker processes was closed")


class UnknownTaskError(ArchiveError):
    """A task outside the modules that may run in a worker, or one that does not exist: a defect of the program."""

    code: ClassVar[str] = "workers.unknown_task"
    retryable: ClassVar[bool] = False

    def __init__(self, task: str) -> None:
        self.task = task
        super().__init__(f"{task!r} is no task of a worker process")


def as_message(error: ArchiveError) -> dict[str, Any]:
    """`error` as JSON: the names of its classes, the most special first, its text and its data."""
    plain = (str, int, float, bool, type(None))
    names = [f"{cls.__module__}.{cls.__qualname__}" for cls in type(error).__mro__ if issubclass(cls, ArchiveError)]
    return {
        "classes": names,
        "text": str(error),
        "data": {k: v for k, v in vars(error).items() if isinstance(v, plain)},
    }


def _known(base: type[ArchiveError]) -> Iterator[type[ArchiveError]]:
    yield base
    for cls in base.__subclasses__():
        yield from _known(cls)


def from_message(message: object) -> ArchiveError:
    """The error that `message` describes; never raises, whatever a child sends.

    Only classes that this process has loaded already are taken, never one that
    is imported because a child says so: a child has read hostile files.
    """
    told = message if isinstance(message, dict) else {}
    names = told.get("classes")
    known = {f"{cls.__module__}.{cls.__qualname__}": cls for cls in _known(ArchiveError)}
    listed = (
        [known[name] for name in names if isinstance(name, str) and name in known] if isinstance(names, list) else []
    )
    cls = listed[0] if listed else ArchiveError
    error = cls.__new__(cls)
    error.args = (str(told.get("text", "a worker process reported an error in an unreadable way")),)
    data = told.get("data")
    for key, value in data.items() if isinstance(data, dict) else ():
        # Data only: nothing that a child sends may stand in the way of a method.
        if isinstance(key, str) and key.isidentifier() and not key.startswith("_") and not hasattr(cls, key):
            setattr(error, key, value)
    return error
