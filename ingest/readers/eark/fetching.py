"""Files `.fetch.txt` (TT 05/2025): documents that lie elsewhere in the delivery; nothing comes over the network."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.readers.eark.inventory import Inventory
from ingest.readers.eark.layout import FETCH
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.records import Reading

_SHOWN = 200


def is_fetch(path: str) -> bool:
    """Whether `path` stands for another file."""
    return path.casefold().endswith(FETCH)


def fetched(reading: Reading, paths: Sequence[str], inventory: Inventory, notes: Notes) -> dict[str, list[str]]:
    """The files that the fetch files at `paths` lead to; lines that lead out of the package are told.

    A line is a path, or as in BagIt an address, a length and a name; the address is what counts.
    """
    found: dict[str, list[str]] = {}
    for path, lines in reading.fetch_lines(paths).items():
        targets = found.setdefault(path, [])
        folder = path.rpartition("/")[0]
        for number, line in lines:
            target = _target(line)
            if not target:
                notes.tell("EAR-062", path, file=path, line=str(number), written=line[:_SHOWN])
                continue
            file = inventory.resolved(path, f"{folder}/" if folder else "", target, number)
            if file and file not in targets:
                targets.append(file)
                notes.tell("EAR-061", path, file=path, written=file)
        if not lines:
            notes.tell("EAR-062", path, file=path, line="1", written="")
    return found


def _target(line: str) -> str:
    """The path or address of a line: the whole, or what stands before a BagIt length."""
    words = line.split()
    # `address length name`: the length is a number or a dash.
    if len(words) > 2 and (words[1].isdigit() or words[1] == "-"):  # noqa: PLR2004 - the three columns of BagIt
        return words[0]
    return line.strip() if words and "\ufffd" not in line else ""
