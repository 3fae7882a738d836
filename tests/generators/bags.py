"""Bags as the Library of Congress's own program makes them, to be broken afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import bagit


def make_bag(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    info: Mapping[str, str | list[str]] | None = None,
    checksums: Sequence[str] = ("sha256",),
) -> Path:
    """A bag at `folder` with `files` below `data/`."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    bagit.make_bag(str(folder), dict(info or {}), checksums=list(checksums))  # type: ignore[no-untyped-call]
    return folder


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Change a tag file and let the tag manifests know: what is broken is what the test breaks, nothing else."""
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    for manifest in path.parent.glob("tagmanifest-*.txt"):
        name = manifest.stem.removeprefix("tagmanifest-")
        lines = [line.split(maxsplit=1)[1] for line in manifest.read_text(encoding="utf-8").splitlines()]
        listed = lines if path.name in lines or path == manifest else [*lines, path.name]
        digests = {line: hashlib.new(name, (path.parent / line).read_bytes()).hexdigest() for line in listed}
        manifest.write_text("".join(f"{digests[line]} {line}\n" for line in listed), encoding="utf-8")
