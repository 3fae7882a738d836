"""Work on documents ahead of who writes them into an index, in processes of its own: analysis is what a build costs.

A process is started where it pays only: behind the first documents, on a
machine of several processors. It has one end of a pipe and nothing else of its
parent's, so it ends with it, however that ends.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final, Generic, TypeVar

from search.backends.batches import batches
from search.errors import SearchFaultError
from search.ports import IndexedDocument

ALONE: Final = 3000
"""Documents after which processes are started: for fewer the start, half a second of a processor each, does not pay."""

_MOST_PROCESSES = 4
_BATCH_DOCUMENTS = 64
_BATCH_CHARS = 1 << 20
_END_SECONDS = 5.0

T = TypeVar("T")
Work = Callable[[IndexedDocument], T]


def processors() -> int:
    """How many processes pay on this machine; 0: none, there is one processor."""
    found = len(os.sched_getaffinity(0))
    return min(found, _MOST_PROCESSES) if found > 1 else 0


def worked(documents: Iterable[IndexedDocument], work: Work[T], processes: int) -> Iterator[T]:
    """What `work` makes of each of the `documents`, in their order; what they raise passes unchanged.

    Args:
        documents: Read at most some batches ahead, of 64 documents or 1 Mi characters each.
        work: A function of a module, whose results can be pickled.
        processes: How many to start when there are more than `ALONE` documents; 0: none.

    Raises:
        SearchFaultError: a process failed or was ended from outside.
    """
    source = iter(documents)
    for document in source if processes < 1 else islice(source, ALONE):
        yield work(document)
    ahead = batches(source, _BATCH_DOCUMENTS, _BATCH_CHARS)
    first = next(ahead, None)
    if first is None:
        return
    with _started(processes, work) as idle:
        busy: deque[_Analyst[T]] = deque()
        batch: list[IndexedDocument] | None = first
        while batch or busy:
            made: Sequence[T] = ()
            if not batch or not idle:
                analyst = busy.popleft()
                made = analyst.made()
                idle.append(analyst)
            if batch:
                analyst = idle.popleft()
                analyst.give(batch)
                busy.append(analyst)
            yield from made
            batch = next(ahead, None) if batch else None


@dataclass(frozen=True, slots=True)
class _Analyst(Generic[T]):
    """A process; it has at most one batch, so that neither waits for the other to read while that one waits too."""

    process: BaseProcess
    pipe: Connection

    def give(self, batch: Sequence[IndexedDocument]) -> None:
        try:
            self.pipe.send([_plain(document) for document in batch])
        except OSError as error:
            raise SearchFaultError(_ENDED) from error

    def made(self) -> Sequence[T]:
        try:
            made: Sequence[T] | str = self.pipe.recv()
        except (EOFError, OSError) as error:
            raise SearchFaultError(_ENDED) from error
        if isinstance(made, str):
            msg = f"documents could not be analysed: {made}"
            raise SearchFaultError(msg)
        return made

    def end(self) -> None:
        self.pipe.close()
        self.process.join(_END_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


_ENDED = "a process that analyses documents was ended from outside; run: luutru index rebuild"


@contextmanager
def _started(processes: int, work: Work[T]) -> Iterator[deque[_Analyst[T]]]:
    # A forked process would keep the locks of this one, and would begin amid the work of its threads.
    context = get_context("spawn")
    analysts: list[_Analyst[T]] = []
    try:
        for number in range(processes):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, work), name=f"analyst-{number}", daemon=True)
            process.start()
            theirs.close()
            analysts.append(_Analyst(process, ours))
        yield deque(analysts)
    finally:
        for analyst in analysts:
            analyst.end()


def _plain(document: IndexedDocument) -> IndexedDocument:
    """The same in types that can be pickled."""
    return replace(document, fields=dict(document.fields), pages=list(document.pages), access=tuple(document.access))


def _serve(pipe: Connection, work: Work[Any]) -> None:
    # Ctrl+C is for the parent, which may have to commit what it has.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            batch = pipe.recv()
            try:
                made: list[Any] | str = [work(document) for document in batch]
            except Exception as error:  # noqa: BLE001 - told to the parent, which raises
                made = f"{type(error).__name__}: {error}"
            pipe.send(made)
