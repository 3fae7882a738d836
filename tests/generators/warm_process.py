"""A process that has imported what the commands need, and becomes one when it is asked (`commands.py`).

A command of the tests is a process of its own, with its own memory, environment, folder, streams and exit code, but
it starts as a copy of this one instead of as an interpreter that imports everything again (0.8 s of 1.2).

A request is one message on the inherited socket FD: the call as JSON, and four descriptors: standard input, output,
error, and a pipe that takes the exit code as a line. The end of the socket is the end of this process.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import archive.composition

_MESSAGE_BYTES = 1 << 20
_STREAMS = 3


def _import_all() -> None:
    for place in importlib.import_module("archive.cli.main")._WHERE.values():
        importlib.import_module(place.partition(":")[0])
    for module in pkgutil.iter_modules(archive.composition.__path__, "archive.composition."):
        importlib.import_module(module.name)
    # They say their help in the language in which they were imported: each copy imports these few itself.
    for name in [name for name in sys.modules if name.startswith("archive.cli")]:
        del sys.modules[name]
    vars(archive).pop("cli", None)
    # A fork takes one thread along; what others held would be locked for ever.
    assert len(list(Path("/proc/self/task").iterdir())) == 1
    gc.collect()
    gc.freeze()


def _become(call: dict[str, Any], descriptors: list[int]) -> None:
    """What a new process is given before its first line runs."""
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    os.closerange(_STREAMS, max(int(entry.name) for entry in Path("/proc/self/fd").iterdir()) + 1)
    os.environ.clear()
    os.environ.update(call["environment"])
    os.chdir(call["folder"])
    sys.argv = call["arguments"]


def _serve(line: socket.socket) -> dict[str, Any] | None:
    """Copies of this process for the calls that come; in a copy, its call, already become; None at the end."""
    woken, wake = os.pipe()
    both: tuple[socket.socket | int, ...] = (line, woken)
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select(both, [], [])
        if woken in ready:
            os.read(woken, _MESSAGE_BYTES)
            for process in list(running):
                ended, status = os.waitpid(process, os.WNOHANG)
                if ended:
                    told = running.pop(process)
                    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
                    os.close(told)
        if line in ready:
            said, descriptors, _, _ = socket.recv_fds(line, _MESSAGE_BYTES, _STREAMS + 1)
            if not said:
                return None
            call: dict[str, Any] = json.loads(said)
            process = os.fork()
            if not process:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _become(call, descriptors[:_STREAMS])
                return call
            for descriptor in descriptors[:_STREAMS]:
                os.close(descriptor)
            running[process] = descriptors[_STREAMS]


def _run() -> int:
    """The command, and what an interpreter does at its end except for taking every module apart.

    That would write to all memory that is shared with the first process, and cost more than most commands.
    """
    code = 0
    try:
        importlib.import_module("archive.cli.main").main()
    except SystemExit as ended:
        code = 0 if ended.code is None else ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - an interpreter tells of it and ends
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # what `Py_FinalizeEx` calls
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as ours:
        _import_all()
        became = _serve(ours)
        if became is not None:
            # Closed already; its number may be somebody else's by now.
            ours.detach()
    if became is not None:
        os._exit(_run())
