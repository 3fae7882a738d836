"""Tasks that misbehave, for the tests of the pool; run in worker processes that are told to take tasks from here."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from metadata.errors import ToolMissingError, ToolUnreadableError

CALLS = 0


def echo(scratch: Path, value: object) -> dict[str, Any]:
    return {"value": value, "cwd": str(Path.cwd()), "scratch": str(scratch), "empty": not any(scratch.iterdir())}


def count(scratch: Path, named: Sequence[str] = ()) -> dict[str, Any]:
    global CALLS  # noqa: PLW0603 - shows whether the process is the same one
    CALLS += 1
    return {"calls": CALLS, "pid": os.getpid()}


def surroundings(scratch: Path, names: list[str]) -> dict[str, Any]:
    return {
        "environment": dict(os.environ),
        "readable": {name: _readable(name) for name in names},
        "stdin": sys.stdin.read(),
        "processes": [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()],
    }


def _readable(name: str) -> bool:
    try:
        place = Path(name)
        return any(place.iterdir()) if place.is_dir() else bool(place.read_bytes())
    except OSError:
        return False


def write(scratch: Path, path: str) -> dict[str, Any]:
    try:
        Path(path).write_bytes(b"x")
    except OSError as error:
        return {"written": False, "errno": errno.errorcode.get(error.errno or 0, "")}
    return {"written": True}


def connect(scratch: Path, port: int) -> dict[str, Any]:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return {"connected": True}
    except OSError:
        return {"connected": False}


def spin(scratch: Path) -> dict[str, Any]:
    while True:
        pass


def sleep(scratch: Path, seconds: float) -> dict[str, Any]:
    time.sleep(seconds)
    return {}


def grow(scratch: Path) -> dict[str, Any]:
    kept = []
    while True:
        kept.append(bytearray(8 << 20))


def grow_outside(scratch: Path) -> dict[str, Any]:
    """Children share what each of them may use: together they pass the limit that none passes alone."""
    program = "import time; kept = bytearray(b'x') * (60 << 20); time.sleep(60)"
    for process in [subprocess.Popen([sys.executable, "-c", program]) for _ in range(5)]:
        process.wait()
    return {}


def fill_file(scratch: Path) -> dict[str, Any]:
    with (scratch / "big").open("wb") as stream:
        while True:
            stream.write(bytes(1 << 20))


def fill_folder(scratch: Path) -> dict[str, Any]:
    for number in range(1 << 20):
        (scratch / f"{number}").write_bytes(b"x" * (256 << 10))
        time.sleep(0.001)
    return {}


def die(scratch: Path, signal_number: int) -> dict[str, Any]:
    os.kill(os.getpid(), signal_number)
    time.sleep(60)
    return {}


def die_unless_first(scratch: Path) -> dict[str, Any]:
    if count(scratch)["calls"] > 1:
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(60)
    return {"survived": True}


def leave_process(scratch: Path, own_session: bool) -> dict[str, Any]:
    process = subprocess.Popen(["/bin/sleep", "4711"], start_new_session=own_session)
    return {"pid": process.pid}


def leave_process_and_sleep(scratch: Path) -> dict[str, Any]:
    subprocess.Popen(["/bin/sh", "-c", "setsid sleep 4711 & exec sleep 4711"], start_new_session=True)
    time.sleep(60)
    return {}


def garbage(scratch: Path) -> dict[str, Any]:
    os.write(1, b'{"value": "forged"}\n' * 1000)
    os.write(2, b"\xff\xfe\0" * 1000)
    return {"honest": True}


def outputs(scratch: Path, files: dict[str, str]) -> dict[str, Any]:
    for path, content in files.items():
        (scratch / path).parent.mkdir(parents=True, exist_ok=True)
        (scratch / path).write_text(content)
    return {"outputs": {path: path for path in files}}


def foreign_output(scratch: Path, path: str, how: str) -> dict[str, Any]:
    if how == "symlink":
        (scratch / "link").symlink_to(path)
        return {"outputs": {"link": "link"}}
    if how == "folder-symlink":
        (scratch / "folder").symlink_to(Path(path).parent)
        return {"outputs": {"x": f"folder/{Path(path).name}"}}
    if how == "hardlink":
        os.link(path, scratch / "link")
        return {"outputs": {"link": "link"}}
    return {"outputs": {"x": path}}


def not_json(scratch: Path) -> dict[str, Any]:
    return {"value": object()}


def not_a_dict(scratch: Path) -> object:
    return ["a", "list"]


def raise_missing(scratch: Path) -> dict[str, Any]:
    raise ToolMissingError("tesseract", "apt-get install tesseract-ocr")


def raise_unreadable(scratch: Path) -> dict[str, Any]:
    raise ToolUnreadableError("libreoffice", "gibberish")


def raise_defect(scratch: Path) -> dict[str, Any]:
    known: dict[str, str] = {}
    return {"x": known["absent"]}


def raise_import(scratch: Path) -> dict[str, Any]:
    importlib.import_module("absent_library_of_tests")
    return {}


def raise_disk_full(scratch: Path) -> dict[str, Any]:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def big_answer(scratch: Path, mib: int) -> dict[str, Any]:
    return {"text": "x" * (mib << 20)}
