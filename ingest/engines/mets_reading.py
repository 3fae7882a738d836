"""METS, EAD and PREMIS files of a delivered package, read in a worker: everything in them is hostile.

Answers of any length go through a file of JSON Lines, never through memory as a whole: a METS of 100,000 files is
read in the memory of one of ten.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ingest.ordinary_files import opened
from metadata.xml import foreign_descriptions, foreign_mets, foreign_premis
from metadata.xml.mets import METS
from metadata.xml.reading import XmlRefusedError, elements
from metadata.xml.record import read_record
from metadata.xml.schemas import mets_schema

RECORDS = "records.jsonl"
MOST_RECORDS = 1_500_000
"""Of one METS or PREMIS; a delivery has at most a million files."""

LONGEST_RECORD = 16 << 20
"""Letters of one line: 300,000 identifiers in one attribute, or the finding aid of a small archive."""

MOST_FETCH_BYTES = 1 << 20
"""Of one `.fetch.txt`; it names a file or a few."""

_DETAIL = 300
_LEAVES = tuple(
    f"{{{METS}}}{name}"
    for name in ("dmdSec", "amdSec", "techMD", "rightsMD", "sourceMD", "digiprovMD", "file", "fptr", "div")
)
"""What a large METS consists of; each is emptied as soon as it was judged."""


def read_mets(scratch: Path, path: str) -> dict[str, Any]:
    """The METS file at `path`.

    Returns:
        `problem`: why it cannot be read (to the end), empty where it can; `schema`: the first place where it does
        not fit the locked schema, empty where it fits; output `records`: see `metadata.xml.foreign_mets`.
    """
    answer = _recorded(scratch, path, foreign_mets.read_foreign_mets)
    answer["schema"] = "" if answer["problem"] else _against_schema(path)
    return answer


def read_premis(scratch: Path, path: str) -> dict[str, Any]:
    """The PREMIS file at `path`: `problem`, and output `records`, see `metadata.xml.foreign_premis`."""
    return _recorded(scratch, path, foreign_premis.read_foreign_premis)


def read_descriptions(scratch: Path, paths: Sequence[str]) -> dict[str, Any]:
    """Descriptive files: output `records`, a line each in order, `problem` or what `read_description` gives."""
    with (scratch / RECORDS).open("w", encoding="ascii") as out:
        for path in paths:
            try:
                with opened(path) as stream:
                    line = _line({"problem": ""} | foreign_descriptions.read_description(stream))
            except XmlRefusedError as error:
                line = _line({"problem": str(error)[:_DETAIL]})
            out.write(line)
    return {"outputs": {"records": RECORDS}}


def read_own_record(scratch: Path, path: str) -> dict[str, Any]:
    """The record as delivered that a package of this archive carries: `problem`, and output `records`.

    The first line is the dossier (`file_code`, `profile`, `part`, `parts`, `dossier`), each further one a document
    (`description`, and `files` with `name`, `path`, `part`).
    """
    try:
        with opened(path) as stream:
            record = read_record(stream)
        top = {"file_code": record.file_code, "profile": record.profile, "part": record.part, "parts": record.parts}
        with (scratch / RECORDS).open("w", encoding="ascii") as out:
            out.write(_line({**top, "dossier": record.dossier.model_dump(mode="json")}))
            for document in record.documents:
                files = [{"name": file.name, "path": file.path, "part": file.part} for file in document.files]
                out.write(_line({"description": document.description.model_dump(mode="json"), "files": files}))
    except XmlRefusedError as error:
        return {"problem": str(error)[:_DETAIL]}
    return {"problem": "", "outputs": {"records": RECORDS}}


def _line(record: dict[str, Any]) -> str:
    """A record as the parent can take it in.

    Raises:
        XmlRefusedError: it is longer than any that means something; the parent would hold it whole.
    """
    line = json.dumps(record)
    if len(line) > LONGEST_RECORD:
        msg = f"a part of more than {LONGEST_RECORD} letters"
        raise XmlRefusedError(msg)
    return line + "\n"


def _recorded(
    scratch: Path, path: str, read: Callable[[BinaryIO, Callable[[dict[str, Any]], None]], None]
) -> dict[str, Any]:
    problem = ""
    with (scratch / RECORDS).open("w", encoding="ascii") as out:
        told = 0

        def emit(record: dict[str, Any]) -> None:
            nonlocal told
            told += 1
            if told > MOST_RECORDS:
                msg = f"more than {MOST_RECORDS} files, events or sections"
                raise XmlRefusedError(msg)
            out.write(_line(record))

        try:
            with opened(path) as stream:
                read(stream, emit)
        except XmlRefusedError as error:
            problem = str(error)[:_DETAIL]
    return {"problem": problem, "outputs": {"records": RECORDS}}


def _against_schema(path: str) -> str:
    try:
        with opened(path) as stream:
            for _ in elements(stream, _LEAVES, mets_schema()):
                pass
    except XmlRefusedError as error:
        return str(error)[:_DETAIL]
    return ""


def read_fetch(scratch: Path, paths: Sequence[str]) -> dict[str, Any]:  # noqa: ARG001 - every task is given its folder
    """Lines of `.fetch.txt` files that hold something: `lines`, number and text for each path in order."""
    return {"lines": [_lines(path) for path in paths]}


def _lines(path: str) -> list[tuple[int, str]]:
    with opened(path) as stream:
        text = stream.read(MOST_FETCH_BYTES).decode("utf-8-sig", "replace")
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
