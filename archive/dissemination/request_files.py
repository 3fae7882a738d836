"""What a reader asked for, from a TOML or JSON file and from the command line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from archive.dissemination.requests import RequestRefusedError
from metadata.messages import every_text

_LARGEST_BYTES = 1 << 20


def request_of(path: Path | None, fields: Iterable[str]) -> Mapping[str, str]:
    """Values of the request by name; those of the command line before those of the file.

    Args:
        path: A table of names and values, TOML or, by its ending, JSON; None: there is none.
        fields: `NAME=VALUE`.

    Raises:
        RequestRefusedError: the file cannot be read, or a field has no `=`.
    """
    told = dict(_read(path)) if path is not None else {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise RequestRefusedError((_said("request.equals", found=field),))
        told[name.strip()] = value
    return told


def _read(path: Path) -> Mapping[str, str]:
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_BYTES + 1)
        written = data.decode("utf-8-sig")
        found = json.loads(written) if path.suffix.lower() == ".json" else tomllib.loads(written)
    except (OSError, ValueError, RecursionError) as error:
        raise RequestRefusedError((_said("request.file", path=path, detail=error),)) from error
    if not isinstance(found, dict) or len(data) > _LARGEST_BYTES:
        raise RequestRefusedError((_said("request.file", path=path, detail="?"),))
    if any(isinstance(value, dict | list) for value in found.values()):
        raise RequestRefusedError((_said("request.file", path=path, detail="table"),))
    # A day may be written in TOML's own form.
    return {
        name: f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
        for name, value in found.items()
        if value is not None
    }


def _said(key: str, **values: object) -> str:
    return every_text(f"packages.{key}", **values)
