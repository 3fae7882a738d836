"""Families of processes, read from /proc: what a worker and the programs it started use, and how they are ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_LAST_FIELD = 14
_PAGE = os.sysconf("SC_PAGE_SIZE")
_FRESH_SECONDS = 0.1
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    cpu_seconds: float
    """Own and of children that were waited for."""

    ended: bool
    """A zombie: it holds no memory and cannot be ended further."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a family uses at this moment."""

    cpu_seconds: float
    memory_bytes: int
    """Memory that cannot be dropped: resident pages without those of files."""

    processes: int


def _process(pid: int) -> Process | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The program's name stands in parentheses and may hold spaces and parentheses itself.
    fields = text.rpartition(")")[2].split()
    if len(fields) <= _LAST_FIELD:
        return None  # It ended while it was read.
    ticks = sum(int(fields[i]) for i in (11, 12, 13, 14))
    return Process(pid, int(fields[1]), ticks / _TICKS, fields[0] in {"Z", "X"})


def table() -> dict[int, Process]:
    """Every process of the machine that this one can see, by its id."""
    found = (_process(int(entry.name)) for entry in os.scandir("/proc") if entry.name.isdigit())
    return {process.pid: process for process in found if process is not None}


def descendants(root: int, processes: dict[int, Process]) -> list[Process]:
    """All below `root`, without it."""
    children: dict[int, list[Process]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += [process.pid for process in below]
    return found


def _memory(pid: int) -> int:
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1:3]
    except (OSError, ValueError):
        return 0
    return max(0, int(resident) - int(shared)) * _PAGE


class ProcessTable:
    """The process table, read at most ten times a second however many watchdogs ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._processes: dict[int, Process] = {}

    def usage(self, root: int) -> Usage:
        """What `root` and everything below it use."""
        with self._lock:
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                self._processes = table()
                self._read_at = time.monotonic()
            processes = self._processes
        family = [p for p in (processes.get(root), *descendants(root, processes)) if p is not None]
        return Usage(sum(p.cpu_seconds for p in family), sum(_memory(p.pid) for p in family), len(family))


def end_descendants(root: int) -> None:
    """End everything below `root`, whatever session or group it chose.

    Processes are stopped before they are ended, so that a program that forks
    without pause cannot outrun the one that ends it.
    """
    for _ in range(_ROUNDS):
        living = [process for process in descendants(root, table()) if not process.ended]
        if not living:
            return
        for sign in (signal.SIGSTOP, signal.SIGKILL):
            for process in living:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process.pid, sign)
        time.sleep(0.01)
