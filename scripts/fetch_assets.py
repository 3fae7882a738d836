"""Fetches the vendored scripts of the pages again, for maintainers: `python scripts/fetch_assets.py`.

Packages come from npm (`npm pack`, no install scripts) at the versions of
`archive/web/static/vendor/LOCK.toml`; a file whose SHA-256 differs from the lock is
refused. `--write` writes the digests of what came into the lock: after a change of version.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

VENDOR = Path(__file__).parents[1] / "archive" / "web" / "static" / "vendor"
LOCK = VENDOR / "LOCK.toml"


def main() -> int:
    """Fetch, compare, put in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write new digests into the lock")
    write = parser.parse_args().write
    lines = [LOCK.read_text(encoding="utf-8").split("\n[", maxsplit=1)[0].rstrip()]
    for name, package in tomllib.loads(LOCK.read_text(encoding="utf-8")).items():
        fetched = fetch(package["package"], package["version"], [file["from"] for file in package["file"]])
        lines += [f"\n[{name}]"]
        lines += [f'{key} = "{package[key]}"' for key in ("package", "version", "licence")]
        for file in package["file"]:
            data = fetched[file["from"]]
            digest = hashlib.sha256(data).hexdigest()
            if not write and digest != file["sha256"]:
                print(f"{file['to']}: {digest}, locked {file['sha256']}", file=sys.stderr)
                return 1
            target = VENDOR / file["to"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            lines += [f"\n[[{name}.file]]", f'from = "{file["from"]}"', f'to = "{file["to"]}"', f'sha256 = "{digest}"']
    if write:
        LOCK.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def fetch(package: str, version: str, names: list[str]) -> dict[str, bytes]:
    """The files `names` of one package."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
        with tarfile.open(Path(folder) / packed.splitlines()[-1]) as archive:
            found = {}
            for name in names:
                stream = archive.extractfile(f"package/{name}")
                if stream is None:
                    raise FileNotFoundError(name)
                found[name] = stream.read()
            return found


if __name__ == "__main__":
    sys.exit(main())
