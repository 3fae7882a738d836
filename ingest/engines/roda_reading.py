"""`aip.json` of RODA, read in a worker: what the program says of the package, its representations and descriptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest.ordinary_files import opened

MOST_BYTES = 16 << 20
_MOST_ENTRIES = 10_000


def read(scratch: Path, path: str) -> dict[str, Any]:  # noqa: ARG001 - every task is given its scratch folder
    """The `aip.json` at `path`.

    Returns:
        `problem`: why it cannot be read, else empty and `id`, `state`, `created` (milliseconds of Unix, as text),
        `sips` (identifiers of the submissions), `descriptions` (`id`, `type`, `version`), `representations` (`id`,
        `type`, `original`, `descriptions`). What is missing is empty: RODA leaves out what it does not know.
    """
    with opened(path) as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        return {"problem": f"> {MOST_BYTES} bytes"}
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        return {"problem": str(error)[:200] or type(error).__name__}
    if not isinstance(said, dict):
        return {"problem": "no object of JSON"}
    return {
        "problem": "",
        "id": _text(said, "id"),
        "state": _text(said, "state"),
        "created": _text(said, "createdOn"),
        "sips": [str(one)[:200] for one in _list(said, "ingestSIPIds")],
        "descriptions": [_description(one) for one in _list(said, "descriptiveMetadata") if isinstance(one, dict)],
        "representations": [
            {
                "id": _text(one, "id"),
                "type": _text(one, "type"),
                "original": one.get("original") is True or "ORIGINAL" in _list(one, "representationStates"),
                "descriptions": [
                    _description(inner) for inner in _list(one, "descriptiveMetadata") if isinstance(inner, dict)
                ],
            }
            for one in _list(said, "representations")
            if isinstance(one, dict)
        ],
    }


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    return str(value)[:1000] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _list(said: dict[str, Any], key: str) -> list[Any]:
    value = said.get(key)
    return value[:_MOST_ENTRIES] if isinstance(value, list) else []


def _description(said: dict[str, Any]) -> dict[str, str]:
    return {key: _text(said, key) for key in ("id", "type", "version")}
