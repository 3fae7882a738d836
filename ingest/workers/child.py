"""The process that runs tasks: `python -m ingest.workers.child FD MODE HOME…`.

It talks over one inherited socket, a line of JSON a message; its standard
output belongs to the libraries that it loads and means nothing. What a task
imports stays loaded for the next one. This module imports nothing heavy: its
start is on the way of every fresh process.

MODE `guarded` (without bubblewrap): a small process stays behind as guardian
and ends the whole family when the parent dies, programs that a task started
included. With bubblewrap the PID namespace does that.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import json
import math
import os
import resource
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_MIB = 1 << 20
_CPU_MARGIN_SECONDS = 2
"""The parent's watchdog sums the CPU of the whole family and comes first; the kernel's limit is the net below it."""

_OPEN_FILES = 512

GREETING = b'{"ready": true}\n'
"""Said once, before the first task: what fails before it is the machine's fault."""


class OutsideHomesError(LookupError):
    """A task of a module that is not one of those that may run here."""


def task_function(task: str, homes: tuple[str, ...]) -> Callable[..., dict[str, Any]]:
    """The function `module:name`, when the module lies below one of `homes`.

    Raises:
        OutsideHomesError: another module, or no public function of that name.
        ImportError: the module or something that it needs is not installed.
    """
    module, _, name = task.partition(":")
    if not any(module == home or module.startswith(f"{home}.") for home in homes) or name.startswith("_"):
        raise OutsideHomesError(task)
    function: Callable[..., dict[str, Any]] | None = getattr(importlib.import_module(module), name, None)
    if not callable(function):
        raise OutsideHomesError(task)
    return function


def _limit(kind: int, soft: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def confine(limits: dict[str, float]) -> None:
    """Set the soft limits of the next task: on top of what the process has used so far, for it stays warm."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, math.ceil(used.ru_utime + used.ru_stime + limits["cpu_seconds"]) + _CPU_MARGIN_SECONDS)
    _limit(resource.RLIMIT_AS, _address_space() + int(limits["memory_mib"]) * _MIB)
    _limit(resource.RLIMIT_FSIZE, int(limits["output_mib"]) * _MIB)


def _release() -> None:
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
        _limit(kind, resource.RLIM_INFINITY)


def _enter(scratch: Path) -> None:
    os.chdir(scratch)
    os.environ["TMPDIR"] = str(scratch)
    tempfile.tempdir = None


def _fault(kind: str, text: str) -> dict[str, Any]:
    return {"error": {"classes": [kind, "metadata.errors.ArchiveError"], "text": text, "data": {}}}


def _unforeseen(task: str, error: Exception) -> dict[str, Any]:
    """A defect of the task. A fault and no verdict: what we did not foresee says nothing about the file."""
    where = "".join(traceback.format_exception(error))[-1500:]
    answer = _fault("metadata.errors.ToolUnreadableError", f"{task} failed: {where}")
    answer["error"]["data"] = {"tool": task, "answer": f"{type(error).__name__}: {error}"[:500]}
    return answer


def _answer_of_os_error(task: str, error: OSError) -> dict[str, Any]:
    if error.errno == errno.EFBIG:
        return {"breach": "output", "detail": str(error)}
    if error.errno == errno.ENOMEM:
        return {"breach": "memory", "detail": str(error)}
    if error.errno is None:  # Libraries derive content errors from OSError (Pillow): no call of the system failed.
        return _unforeseen(task, error)
    return _fault("ingest.workers.errors.WorkerFaultError", f"{task}: {error}")


def answer_to(request: dict[str, Any], homes: tuple[str, ...]) -> dict[str, Any]:
    """Run one task and say how it ended. Never raises: every end of a task has its message."""
    task = str(request["task"])
    try:
        scratch = Path(request["scratch"])
        _enter(scratch)
        function = task_function(task, homes)
        confine(request["limits"])
        return {"value": function(scratch=scratch, **request["arguments"])}
    except OutsideHomesError:
        answer = _fault("ingest.workers.errors.UnknownTaskError", f"{task!r} is no task of a worker process")
        answer["error"]["data"] = {"task": task}
        return answer
    except (MemoryError, RecursionError) as error:
        return {"breach": "memory", "detail": type(error).__name__}
    except ImportError as error:
        answer = _fault("metadata.errors.ToolMissingError", f"{task}: {error}")
        answer["error"]["data"] = {"tool": error.name or task, "cure": ""}
        return answer
    except OSError as error:
        return _answer_of_os_error(task, error)
    except Exception as error:  # noqa: BLE001 - every end of a task has its message
        return _archive_error(error) or _unforeseen(task, error)
    finally:
        _release()


def _archive_error(error: Exception) -> dict[str, Any] | None:
    from ingest.workers.errors import as_message  # noqa: PLC0415 - not needed for a start
    from metadata.errors import ArchiveError  # noqa: PLC0415 - the same

    return {"error": as_message(error)} if isinstance(error, ArchiveError) else None


def _encoded(answer: dict[str, Any], task: str) -> bytes:
    try:
        return json.dumps(answer).encode("ascii") + b"\n"
    except MemoryError:
        return b'{"breach": "memory", "detail": "the answer"}\n'
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps(_unforeseen(task, error)).encode("ascii") + b"\n"


def serve(line: socket.socket, homes: tuple[str, ...]) -> None:
    """Answer requests until the parent hangs up."""
    line.sendall(GREETING)
    with line.makefile("rb") as requests:
        for text in requests:
            request = json.loads(text)
            answer = _encoded(answer_to(request, homes), str(request["task"]))
            os.chdir("/")
            _end_strays()
            line.sendall(answer)


def _end_strays() -> None:
    """End what the task started and left running: nothing of one file's may meet the next."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return
    from ingest.workers.processes import end_descendants  # noqa: PLC0415 - hardly ever needed

    end_descendants(os.getpid())
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def guard() -> None:
    """Split into guardian and worker; only the worker returns.

    Raises:
        OSError: no second process could be made.
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    worker = os.fork()
    if worker == 0:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        return
    # Loaded before the first signal can come: a handler that imports can meet itself half-way.
    from ingest.workers.processes import end_descendants  # noqa: PLC0415 - not needed for a start

    def end_family(code: int) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_descendants(os.getpid())
        os._exit(code)

    signal.signal(signal.SIGTERM, lambda *_: end_family(1))
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(os.environ["LUUTRU_WORKER_PARENT"]):
        end_family(1)
    while True:
        pid, status = os.wait()
        if pid == worker:
            end_family(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def main(arguments: list[str]) -> None:
    """Take the socket FD and serve the tasks of the modules HOME…."""
    line = socket.socket(fileno=int(arguments[0]))
    if arguments[1] == "guarded":
        guard()
    # Programs that a task starts and leaves behind stay below this process, where `_end_strays` finds them.
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    os.set_inheritable(line.fileno(), False)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    serve(line, tuple(arguments[2:]))
    os._exit(0)  # Without finalisers: a library that hangs at its end must not outlive the pool.


if __name__ == "__main__":
    main(sys.argv[1:])
