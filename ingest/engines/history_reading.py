"""Worker task `ingest.engines.history_reading:read`: what foreign metadata files tell of the history of a package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.ordinary_files import opened
from metadata.xml.foreign_history import read_foreign_history
from metadata.xml.reading import XmlRefusedError

RECORDS = "records.jsonl"
MOST_RECORDS = 1_000_000
"""Of one call; beyond, nothing more is read."""

_DETAIL = 300


def read(scratch: Path, paths: Sequence[str]) -> dict[str, Any]:
    """Read the files at `paths`.

    Returns:
        `problems`: why a file could not be read (to the end), by its place among `paths`; output `records`: JSON
        Lines as `metadata.xml.foreign_history` has them, each with its `file`, the place among `paths`.
    """
    problems: dict[str, str] = {}
    told = 0
    with (scratch / RECORDS).open("w", encoding="ascii") as out:
        for number, path in enumerate(paths):

            def emit(record: dict[str, Any], number: int = number) -> None:
                nonlocal told
                told += 1
                if told > MOST_RECORDS:
                    msg = f"more than {MOST_RECORDS} records"
                    raise XmlRefusedError(msg)
                out.write(json.dumps({"file": number, **record}) + "\n")

            try:
                with opened(path) as stream:
                    read_foreign_history(stream, emit)
            except XmlRefusedError as error:
                problems[str(number)] = str(error)[:_DETAIL]
    return {"problems": problems, "outputs": {"records": RECORDS}}
