"""Tag files of a bag, read in a worker: `bagit.txt`, `bag-info.txt`, manifests, `fetch.txt`. Nothing is fetched.

Source: RFC 8493 (BagIt 1.0); draft-kunze-bagit-14 (BagIt 0.97).
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.ordinary_files import opened
from metadata.digests import Digester, chunks_of

RECORDS = "records.jsonl"
MOST_TAG_SIGNS = 1 << 20
"""Of bagit.txt and bag-info.txt; manifests are read line by line."""

LONGEST_LINE = 16 << 10
_MANIFEST = re.compile(r"^(tag)?manifest-([a-z0-9_-]{1,20})\.txt$", re.IGNORECASE)
_ENTRY = re.compile(r"^\\?([0-9A-Fa-f]+)[ \t]+\*?(.+)$")
_FETCH = re.compile(r"^(\S+)[ \t]+(\d+|-)[ \t]+(.+)$")
_LABEL = re.compile(r"^([^:\s][^:]*?)[ \t]*:[ \t]?(.*)$")
_VERSION = re.compile(r"^\d{1,3}\.\d{1,3}$")


@dataclass(slots=True)
class _Bag:
    """One bag while its tag files are read."""

    root: Path
    encoding: str = "utf-8"
    records: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, rule: str, file: str, line: int, **values: str) -> None:
        self.records.append({"is": "problem", "rule": rule, "file": file, "line": line, "values": values})


def read(scratch: Path, path: str) -> dict[str, Any]:
    """Tag files of the bag at `path`.

    Returns:
        Output `records`, JSON Lines: `version` (`written`), `info` (`label`, `value`), `manifest` (`file`, `tag`,
        `algorithm`), `entry` (`file`, `line`, `digest`, `path`), `fetch` (`line`, `address`, `path`), and `problem`
        (`rule`, `file`, `line`, `values`).
    """
    bag = _Bag(Path(path))
    names = sorted(entry.name for entry in os.scandir(path) if entry.is_file(follow_symlinks=False))
    _declaration(bag)
    with (scratch / RECORDS).open("w", encoding="ascii") as out:

        def flush() -> None:
            out.writelines(f"{json.dumps(record)}\n" for record in bag.records)
            bag.records.clear()

        if "bag-info.txt" in names:
            _info(bag, "bag-info.txt")
        elif "package-info.txt" in names:
            # Before 0.95 the file was called so.
            _info(bag, "package-info.txt")
        for name in names:
            if match := _MANIFEST.match(name):
                bag.records.append(
                    {"is": "manifest", "file": name, "tag": bool(match[1]), "algorithm": match[2].lower()}
                )
                for _ in _entries(bag, name):
                    flush()
        if "fetch.txt" in names:
            for _ in _fetches(bag, "fetch.txt"):
                flush()
        flush()
    return {"outputs": {"records": RECORDS}}


def digests(scratch: Path, path: str, files: Sequence[str], algorithms: Sequence[str]) -> dict[str, Any]:  # noqa: ARG001 - every task is given its folder
    """Digests of `files` below `path`: `digests`, hexadecimal by algorithm for each file in order."""
    found = []
    for name in files:
        digester = Digester(algorithms)
        with opened(Path(path) / name) as stream:
            for chunk in chunks_of(stream):
                digester.update(chunk)
        found.append(dict(digester.digests().by_algorithm()))
    return {"digests": found}


def _lines(bag: _Bag, name: str, most: int | None = None) -> Iterator[tuple[int, str]]:
    """Lines that hold something; a line that is no text in the bag's encoding is told once and read with `\ufffd`."""
    told = False
    # Lines end by LF, CR, or both (RFC 8493, 2.1.3), whatever the encoding makes of these.
    with io.TextIOWrapper(opened(bag.root / name), bag.encoding, errors="replace", newline=None) as stream:
        number = taken = 0
        while line := stream.readline(LONGEST_LINE):
            number += 1
            taken += len(line)
            if len(line) == LONGEST_LINE or (most is not None and taken > most):
                bag.tell("BAG-003", name, number, written=f"> {LONGEST_LINE if most is None else most}")
                return
            if "\ufffd" in line and not told:
                bag.tell("BAG-006", name, number, encoding=bag.encoding)
                told = True
            text = line.removeprefix("\ufeff") if number == 1 else line
            if text.strip():
                yield number, text.rstrip("\n")


def _declaration(bag: _Bag) -> None:
    said: dict[str, str] = {}
    try:
        for number, text in _lines(bag, "bagit.txt", MOST_TAG_SIGNS):
            match = _LABEL.match(text)
            if match is None:
                bag.tell("BAG-003", "bagit.txt", number, written=text[:200])
                continue
            said[match[1].strip().casefold()] = match[2].strip()
    except OSError as error:
        bag.tell("BAG-001", "bagit.txt", 0, detail=error.strerror or str(error))
    version = said.get("bagit-version", "")
    if not _VERSION.match(version):
        bag.tell("BAG-001", "bagit.txt", 1, detail=f"BagIt-Version: {version[:50]}")
    bag.records.append({"is": "version", "written": version[:50]})
    encoding = said.get("tag-file-character-encoding", "UTF-8")
    try:
        bag.encoding = codecs.lookup(encoding).name
        b"".decode(bag.encoding)
    except (LookupError, ValueError):
        bag.encoding = "utf-8"
        bag.tell("BAG-005", "bagit.txt", 2, written=encoding[:50])


def _info(bag: _Bag, name: str) -> None:
    label, value = "", ""
    for number, text in _lines(bag, name, MOST_TAG_SIGNS):
        if text[0] in " \t" and label:
            value = f"{value} {text.strip()}"
            continue
        if label:
            bag.records.append({"is": "info", "label": label, "value": value})
        match = _LABEL.match(text)
        if match is None:
            bag.tell("BAG-031", name, number, written=text[:200])
            label = ""
            continue
        label, value = match[1].strip(), match[2].strip()
    if label:
        bag.records.append({"is": "info", "label": label, "value": value})


def _entries(bag: _Bag, name: str) -> Iterator[None]:
    for number, text in _lines(bag, name):
        match = _ENTRY.match(text)
        if match is None:
            bag.tell("BAG-003", name, number, written=text[:200])
        else:
            entry = {"digest": match[1].lower(), "path": match[2]}
            bag.records.append({"is": "entry", "file": name, "line": number, **entry})
        yield


def _fetches(bag: _Bag, name: str) -> Iterator[None]:
    for number, text in _lines(bag, name):
        match = _FETCH.match(text)
        if match is None:
            bag.tell("BAG-003", name, number, written=text[:200])
        else:
            bag.records.append({"is": "fetch", "line": number, "address": match[1], "path": match[3]})
        yield
