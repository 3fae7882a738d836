"""The tree and the lists of the holding on a made catalogue: `python bench/browsing.py [--documents 100000]`.

One JSON line a question and scope: the median of five runs in milliseconds of processor time (SQLite runs in this
process), and how many were found. Only the catalogue is made (SQLite in a temporary folder, 30 agencies with five
below each), no packages.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from archive.auth.people import Label
from archive.auth.policy import ALL, Area, Scope
from archive.catalogue.browsing import Browsing, Node, Period, Wanted
from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.tables import agencies, documents, dossiers
from archive.catalogue.wording import wording

RUNS = 5
LABELS = (0, 1, 1, 1, 2, 3)
SCOPES: Mapping[str, Scope] = {
    "all": ALL,
    "internal": Scope((Area("H49", Label.INTERNAL),)),
    "two agencies": Scope((Area("H49.3", Label.INTERNAL), Area("H49.7", Label.CONFIDENTIAL))),
}


def main() -> int:
    """Make the catalogue, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    wanted = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'catalogue.sqlite'}"
        upgrade(url)
        engine = engine_of(url)
        made = fill(engine, wanted)
        browse = Browsing(Database(engine))
        for scope, within in SCOPES.items():
            for question, ask in questions(browse, within).items():
                took, found = measured(ask)
                line = {"scope": scope, "question": question, "ms": took, "found": found, **made}
                sys.stdout.write(json.dumps(line) + "\n")
        engine.dispose()
    return 0


def questions(browse: Browsing, within: Scope) -> Mapping[str, Callable[[], int]]:
    """What the page asks, each giving how many were found."""
    top, fonds = Node("H49"), Node("H49.3", "P1")
    return {
        "totals": lambda: browse.totals(within=within)[1],
        "agencies": lambda: len(browse.agencies(within=within)),
        "fonds": lambda: len(browse.fonds("H49.3", within=within)),
        "years": lambda: len(browse.periods("H49.3", "P1", Period.YEAR, within=within)),
        "dossiers": lambda: browse.dossiers(Wanted(top), within=within).total,
        "dossiers by time": lambda: browse.dossiers(Wanted(top, sort="-starts"), within=within).total,
        "dossiers by title, page 141": lambda: (
            browse.dossiers(Wanted(top, sort="title", offset=7000), within=within).total
        ),
        "dossiers of a fonds": lambda: browse.dossiers(Wanted(fonds), within=within).total,
        "documents, newest first": lambda: browse.documents(Wanted(top, sort="-issued"), within=within).total,
        "documents of a fonds": lambda: browse.documents(Wanted(fonds, sort="title"), within=within).total,
        "dossiers by words without marks": lambda: browse.dossiers(Wanted(top, title="giao dat"), within=within).total,
        "documents by words without marks": lambda: (
            browse.documents(Wanted(top, title="quyet 122"), within=within).total
        ),
        "documents by a part of the number": lambda: browse.documents(Wanted(top, code="122/"), within=within).total,
    }


def measured(ask: Callable[[], int]) -> tuple[float, int]:
    """Median in milliseconds of processor time, and what came out."""
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        found = ask()
        took.append(time.process_time() - began)
    return round(statistics.median(took) * 1000, 1), found


def fill(engine: sa.Engine, wanted: int) -> Mapping[str, int]:
    """Rows as entering makes them; how many."""
    dice = random.Random(1)  # noqa: S311 - a made holding
    codes = [f"H49.{i}" for i in range(1, 31)] + [f"H49.{i}.{j}" for i in range(1, 31) for j in range(1, 6)]
    whole: list[dict[str, object]] = []
    single: list[dict[str, object]] = []
    while len(single) < wanted:
        number, count, agency, year = len(whole) + 1, dice.randint(1, 20), dice.choice(codes), dice.randint(1975, 2025)
        package_id, label = str(uuid.UUID(int=dice.getrandbits(128))), dice.choice(LABELS)
        code = f"{agency}.{year}.{number:05d}"
        title = f"Hồ sơ về việc {dice.choice(('giao đất', 'xây dựng', 'tổ chức'))} số {number}"
        whole.append(
            {
                "package_id": package_id,
                "agency": agency,
                "file_code": code,
                "title": title,
                "words": wording(title),
                "submission_id": package_id,
                "stored_at": f"2026-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}T00:00:00.000Z",
                "documents": count,
                "fingerprint": f"{number:064d}",
                "fonds": f"P{dice.randint(1, 3)}",
                "label": label,
                "year": str(year),
                "catalogue": f"{dice.randint(1, 6):02d}",
                "starts": f"{year}-01-02",
                "ends": f"{year}-12-20",
            }
        )
        single += [
            {
                "dossier_id": package_id,
                "ordinal": ordinal,
                "part_id": package_id,
                "agency": agency,
                "doc_code": f"{code}.{ordinal:03d}",
                "title": f"Quyết định về việc {number}/{ordinal}",
                "words": wording(f"Quyết định về việc {number}/{ordinal}"),
                "number": f"{dice.randint(1, 3000)}/QĐ-UBND",
                "organ": f"Ủy ban nhân dân tỉnh {dice.randint(1, 9)}",
                "issued": f"{year}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
                "verdict": dice.choice(("", "", "TOTAL_PASSED", "INDETERMINATE")),
                "label": max(label, dice.choice(LABELS)),
            }
            for ordinal in range(1, count + 1)
        ]
    above = [{"code": code, "name": code, "parent": code.rpartition(".")[0]} for code in codes]
    with engine.begin() as connection:
        connection.execute(agencies.insert(), [{"code": "H49", "name": "H49", "parent": None}, *above])
        connection.execute(dossiers.insert(), whole)
        connection.execute(documents.insert(), single)
    return {"dossiers": len(whole), "documents": len(single)}


if __name__ == "__main__":
    sys.exit(main())
