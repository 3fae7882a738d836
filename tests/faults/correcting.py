"""Processes that correct a page, each killed before its nth step outside of itself; run as a program of its own.

Each line of its input is an order; each is a process of its own, forked before anything is open, so that the program
is loaded once. The answer is how it ended: 0, or the number of the signal, negative.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from archive.composition import Archive
from archive.composition.correcting import text_corrections
from archive.services.text_corrections import Wanted
from archive.settings import load_settings
from metadata.page_corrections import Edit


class Killed:
    """Stands before a part and ends the process, without a word, when the count is down."""

    def __init__(self, part: Any, names: tuple[str, ...], count: list[int]) -> None:  # noqa: ANN401 - any part
        self._part = part
        self._names = names
        self._count = count

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what the part has
        found = getattr(self._part, name)
        return self._counted(found) if name in self._names else found

    def _counted(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on
            self._count[0] -= 1
            if self._count[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return act(*arguments, **named)

        return counted


def main(home: str, package_id: str, old: str, new: str, steps: int) -> None:
    """Correct page 1 of document 1; killed before step `steps`, counted from 0."""
    count = [steps]
    settings = load_settings({"LUUTRU_HOME": home, "LUUTRU_AGENCY": "H49.64", "LUUTRU_WORKERS": "1"})
    with Archive(settings) as archive:
        archive.__dict__["store"] = Killed(archive.store, ("put", "replace", "discard"), count)
        archive.__dict__["index"] = Killed(archive.index, ("add",), count)
        archive.__dict__["catalogue"] = Killed(archive.catalogue, ("indexed",), count)
        texts = text_corrections(archive)
        texts._changes = Killed(texts._changes, ("enter",), count)  # type: ignore[assignment]
        state = texts.state(package_id, 1, 1)
        start = state.text.text.index(old)
        edit = Edit(start, start + len(old), new)
        texts.act(Wanted(package_id, 1, 1, state.tag, "lan.luutru", edits=[edit]))


def ended(order: list[str]) -> int:
    """Carry an order out in a process of its own; how it ended."""
    child = os.fork()
    if not child:
        home, package_id, old, new, steps = order
        main(home, package_id, old, new, int(steps))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        print(ended(json.loads(line)), flush=True)
