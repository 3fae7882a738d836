"""Commands as copies of one process of this test run that has imported everything (`warm_process.py`)."""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

WARM = Path(__file__).with_name("warm_process.py")
QUIET_SECONDS = 240
"""So long a command may take."""


class WarmCommands:
    """Starts the process that becomes commands; it ends with this one, whose end of the line then closes.

    May be used by several threads: a call is one message, and each has pipes of its own.
    """

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LUUTRU_", "LC_")) and name not in {"LANG", "LANGUAGE"}
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(WARM), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**inherited, "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path | None
    ) -> tuple[int, str, str]:
        """Exit code, standard output and error of the command.

        Args:
            arguments: The program first.
            environment: All that reaches it.
            folder: Where it stands; None: where we do.

        Raises:
            TimeoutError: it did not end.
        """
        call = {"arguments": arguments, "environment": environment, "folder": str(folder or Path.cwd())}
        with ExitStack() as ends:
            ours, theirs = [], [os.open(os.devnull, os.O_RDONLY)]
            for _ in ("output", "error", "code"):
                reading, writing = os.pipe()
                ends.callback(os.close, reading)
                ours.append(reading)
                theirs.append(writing)
            try:
                socket.send_fds(self._line, [json.dumps(call).encode()], theirs)
            finally:
                for descriptor in theirs:
                    os.close(descriptor)
            out, err, code = _read_all(ours)
        return int(code), out, err


def _read_all(descriptors: Sequence[int]) -> list[str]:
    said: dict[int, list[bytes]] = {descriptor: [] for descriptor in descriptors}
    deadline = time.monotonic() + QUIET_SECONDS
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(deadline - time.monotonic())
            if not ready:
                raise TimeoutError(said)
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                said[key.fd].append(data)
                if not data:
                    selector.unregister(key.fd)
    return [b"".join(parts).decode() for parts in said.values()]


@cache
def warm_commands() -> WarmCommands:
    """Those of this test process, started when first asked for."""
    return WarmCommands()
