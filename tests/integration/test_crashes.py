"""kill -9 of everything inside each stage, then again: nothing lost, nothing doubled."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from archive.jobs.runner import STAGE_EVENTS
from ingest.pipeline import ORDER
from storage.backends.filesystem import FilesystemStore
from storage.ledger import Ledger
from storage.ports import ObjectStore
from tests.fixtures.homes import CommandLine, made_home
from tests.generators.deliveries import Made, PaperMill, make_delivery

pytestmark = [pytest.mark.xdist_group("crashes"), pytest.mark.timeout(600)]

LOOK_SECONDS = 0.005
DOCUMENTS = 2


def kill_all(process: subprocess.Popen[str]) -> None:
    """The power goes: the command, its workers and what they started, all at once, without a word."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def kill_inside(process: subprocess.Popen[str], home: Path, stage: str) -> bool:
    """Kill while the journal says that a job is in `stage`; False when the command ended before that was seen.

    The process runs for a moment, is stopped, looked at, and goes on: on a loaded machine it would else be stages
    further by the time of the look.
    """
    with sqlite3.connect(f"file:{home / 'database' / 'catalogue.sqlite'}?mode=ro", uri=True, timeout=0) as database:
        seen = None
        while process.poll() is None:
            process.send_signal(signal.SIGSTOP)
            # Whoever is stopped with a lock in his hand cannot give it back: the next look is soon.
            with contextlib.suppress(sqlite3.OperationalError):
                seen = database.execute(
                    "select 1 from jobs where status = 'running' and stage = ?", (stage,)
                ).fetchone()
            if seen:
                kill_all(process)
                return True
            process.send_signal(signal.SIGCONT)
            time.sleep(LOOK_SECONDS)
    process.communicate()
    return False


def counted(command: CommandLine, documents: int, dossiers: int, store: ObjectStore | None = None) -> None:
    """All is there, once: packages, catalogue, index, ledger, decisions of stages; trail and bytes are right."""
    checked = command.json("fixity", "check", "--all")
    assert len(checked) == dossiers
    assert all(line["ok"] for line in checked)
    (rebuilt,) = command.json("catalogue", "rebuild")
    assert (rebuilt["dossiers"], rebuilt["packages"], rebuilt["documents"]) == (dossiers, dossiers, documents)
    assert (rebuilt["lost"], rebuilt["not_in_ledger"], rebuilt["unreadable"]) == ([], [], {})
    query = ("search", "phê duyệt kế hoạch", "--limit", 1000)
    hits = [hit for start in range(0, documents + 1, 1000) for hit in command.json(*query, "--offset", start)]
    assert len({(hit["package_id"], hit["ordinal"]) for hit in hits}) == len(hits) == documents
    packages = {hit["package_id"] for hit in hits}
    ledger = Ledger(store or FilesystemStore(command.home / "storage"))
    assert Counter(line.id for day in ledger.days() for line in ledger.lines(day)) == Counter(packages)
    kinds = {kind.value for kind in STAGE_EVENTS.values()}
    with sqlite3.connect(command.home / "database" / "catalogue.sqlite") as database:
        events = Counter(
            (subject, kind)
            for subject, kind in database.execute("select subject, type from audit_events")
            if subject in packages and kind in kinds
        )
        assert not database.execute("select id from jobs where status <> 'done'").fetchall()
    assert set(events.values()) == {1}, events
    assert len(events) == len(ORDER) * dossiers
    assert not list((command.home / "work" / "jobs").iterdir()), "work folders are given back"
    (trail,) = command.json("audit", "verify")
    assert trail["ok"], trail["breaks"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Made:
    return make_delivery(tmp_path_factory.mktemp("crashes") / "giao-nop", mill, dossiers=1, documents=DOCUMENTS)


def test_one_dossier_that_is_killed_in_every_stage_is_archived_once(
    tmp_path: Path, mill: PaperMill, made: Made
) -> None:
    """One kill a stage, in the order of the stages, on one home: each start takes over what the dead left."""
    command = made_home(tmp_path / "home", mill).having(LUUTRU_WORKERS="2")
    killed = []
    for stage in ORDER:
        again = ("ingest", made.path) if stage == "receive" else ("jobs", "--wait")
        if kill_inside(command.start(*again), command.home, stage):
            killed.append(stage)
    (answer,) = command.json("ingest", made.path)
    assert (answer["status"], answer["documents"]) == ("archived", DOCUMENTS)
    assert killed, "no kill found its stage"
    # A stage may be over before it is seen; those that take any time must have been hit.
    assert {"signatures", "text", "pdfa"} <= set(killed)
    counted(command, DOCUMENTS, 1)
    assert command.json("jobs", "--wait")[0]["status"] == "done"


def test_a_kill_before_the_receipt_loses_nothing_that_was_promised(tmp_path: Path, mill: PaperMill, made: Made) -> None:
    command = made_home(tmp_path / "home", mill)
    process = command.start("ingest", made.path, "--no-wait", "--json")
    work = command.home / "work" / "jobs"
    while process.poll() is None and not (work.is_dir() and any(work.iterdir())):
        time.sleep(LOOK_SECONDS)
    kill_all(process)
    (answer,) = command.json("ingest", made.path)
    assert answer["status"] == "archived"
    command.json("jobs", "--wait")
    checked = command.json("fixity", "check", "--all")
    assert [line["ok"] for line in checked] == [True]
