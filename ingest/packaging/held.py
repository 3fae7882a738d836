"""Lists of many dossiers, kept once per holding: what the package of one dossier has of them instead."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ingest.facts import ReceivedFile
from metadata.descriptions import SheetRows
from metadata.package_contents import HELD

SHARE = 20
"""A list goes into the package itself up to this part (1 in 20) of the bytes of the dossier's documents."""

LARGEST_HELD_BYTES = 64 << 20
"""What is held is read as a whole; no spreadsheet that a reader takes comes near."""

ROWS = ".rows.json"
"""Ending of the file that stands in the package for a list that is held."""

_FORM = "luutru rows 1"


def is_held(source: ReceivedFile, *, documents_bytes: int, other_dossiers: int) -> bool:
    """Whether a list is kept beside the packages: it describes other dossiers too, and would swell each of them.

    Args:
        source: The list as received.
        documents_bytes: Of all files of the dossier's documents.
        other_dossiers: How many more dossiers the delivery has.
    """
    swells = source.size_bytes * SHARE > documents_bytes
    return other_dossiers > 0 and swells and source.size_bytes <= LARGEST_HELD_BYTES


def rows_document(source: ReceivedFile, cuts: Iterable[SheetRows]) -> bytes:
    """The dossier's own rows of a held list to the letter, and where the whole list lies.

    JSON allows what is no Unicode text, such as half a surrogate pair, in escaped form only.
    """
    document = {
        "form": _FORM,
        "list": {
            "name": source.path,
            "bytes": source.size_bytes,
            "sha256": source.sha256,
            "sha512": source.sha512,
            "kept": f"{HELD}{source.sha256}",
        },
        "sheets": [
            {"sheet": cut.sheet, "headings": _lines(cut.headings), "rows": _lines(cut.rows)}
            for cut in cuts
            if cut.source == source.path
        ],
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace") + b"\n"


def _lines(rows: Iterable[tuple[int, tuple[str, ...]]]) -> list[dict[str, object]]:
    return [{"row": number, "cells": cells} for number, cells in rows]
