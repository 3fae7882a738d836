"""What stands between a worker process and the machine: bubblewrap where it is allowed, else limits only."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_PROBE_SECONDS = 20
_WAYS: tuple[tuple[str, ...], ...] = ((), ("--unshare-user",))
"""Root without the privilege to mount (in a container) may still make a user namespace, in which it has it."""


_OWN = (("shm", Path("/dev/shm")), ("tmp", Path("/var/tmp")))  # noqa: S108 - mounted over, not used
"""Folders of the machine in whose place a process has folders of its room: programs write there unasked."""

_LONGEST_PATH = 4096

_ENDINGS = ("", "-wal", "-shm", "-journal")
"""SQLite keeps pages of a database beside it."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """How worker processes are shut in."""

    kind: Literal["bubblewrap", "rlimits"]
    program: str = ""
    unshare: tuple[str, ...] = ()
    reason: str = ""
    """Why it is not bubblewrap, in the words of the program that refused."""

    def command(self, room: Path, hidden: Sequence[Path], shown: Iterable[Path] = ()) -> list[str]:
        """What to put before the command of a process whose only writable folder is `room`.

        The whole file system is there to read, without the network, without
        other processes, without the sockets of services (`/run`), and without
        what is in `hidden` and exists. Of `/dev/shm` and `/var/tmp` only what is
        in `shown` is there (`named_in`), beside what the process writes.
        """
        if self.kind == "rlimits":
            return []
        arguments = [self.program, *self.unshare, "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
        arguments += ["--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        arguments += ["--cap-add", "CAP_DAC_READ_SEARCH"] if os.geteuid() == 0 else []
        arguments += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        secrets = [Path(f"{place}{ending}") for place in hidden for ending in _ENDINGS]
        own = [(name, target) for name, target in _OWN if not room.is_relative_to(target) and target.is_dir()]
        for name, target in own:
            arguments += ["--bind", str(room / name), str(target)]
        there = sorted(shown)
        for place in there:
            arguments += ["--ro-bind-try", str(place), str(place)]
        masked = [
            (place, _mask(place))
            for place in (*_services(room), *secrets)
            if _within(place, there) or not _within(place, (target for _, target in own))
        ]
        for _, mask in masked:
            arguments += mask
        arguments += ["--bind", str(room), str(room), "--remount-ro", "/dev"]
        for place, mask in masked:
            arguments += ["--remount-ro", str(place)] if "--tmpfs" in mask else []
        return [*arguments, "--"]


def named_in(arguments: object) -> frozenset[Path]:
    """What is to be shown to a process so that it can read the files that its task names.

    Returns:
        Entries of the folders of which it has its own, those that the named files are or lie in.
    """
    found: set[Path] = set()
    for text in _texts(arguments):
        if not text.startswith("/") or len(text) > _LONGEST_PATH or "\0" in text:
            continue
        for place in {Path(text), Path(os.path.realpath(text))}:
            for _, target in _OWN:
                if place.is_relative_to(target):
                    found.add(target.joinpath(*place.relative_to(target).parts[:1]))
    return frozenset(found)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _within(place: Path, folders: Iterable[Path]) -> bool:
    return any(place.is_relative_to(folder) for folder in folders)


def _services(room: Path) -> Iterator[Path]:
    """What lies in /run, where databases and daemons listen; drives that are mounted there stay readable."""
    run = Path("/run")
    if not run.is_dir() or room.is_relative_to(run):
        return
    for entry in sorted(run.iterdir()):
        if entry.name not in {"media", "mount"}:
            yield entry


def _mask(place: Path) -> list[str]:
    try:
        mode = place.lstat().st_mode
    except OSError:
        return []
    if stat.S_ISDIR(mode):
        return ["--tmpfs", str(place)]
    if stat.S_ISREG(mode) or stat.S_ISSOCK(mode):
        return ["--ro-bind", "/dev/null", str(place)]
    return []


def prepare(room: Path) -> None:
    """Make the folders that `Isolation.command` mounts."""
    for name in ("shm", "tmp", "home"):
        (room / name).mkdir(parents=True, exist_ok=True)


def probe(room: Path, *, wanted: bool | None) -> Isolation:
    """Try once what this machine allows, with the very command that will be used.

    Args:
        room: An empty folder to try with.
        wanted: None: bubblewrap where possible; True: the caller checks `kind`; False: limits only.
    """
    if wanted is False:
        return Isolation("rlimits", reason="switched off")
    program = shutil.which("bwrap")
    if program is None:
        return Isolation("rlimits", reason="bubblewrap (bwrap) is not installed")
    prepare(room)
    reason = ""
    for unshare in _WAYS:
        candidate = Isolation("bubblewrap", program, unshare)
        command = [*candidate.command(room, ()), sys.executable, "-I", "-S", "-c", "open('home/tried', 'w').close()"]
        try:
            run = subprocess.run(
                command, cwd=room, capture_output=True, check=False, timeout=_PROBE_SECONDS, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = str(error)
            continue
        if run.returncode == 0:
            return candidate
        reason = run.stderr.decode("utf-8", "replace").strip()[-300:]
    return Isolation("rlimits", reason=reason)
