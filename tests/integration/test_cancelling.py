"""Jobs that are given up: nothing of them is stored, whatever was running, whoever was killed meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.homes import CommandLine
from tests.generators.deliveries import Made

pytestmark = [pytest.mark.xdist_group("cancelling"), pytest.mark.timeout(300)]

NewHome = Callable[..., CommandLine]
Deliver = Callable[..., Made]


def the_job(command: CommandLine) -> dict[str, Any]:
    (line,) = [line for line in command.json("jobs") if line["kind"] == "ingest"]
    return line


def nothing_is_left(command: CommandLine, *job_ids: str) -> None:
    """No folder, no package, no code that is held; the trail holds and says what was given up, without the words."""
    assert not list((command.home / "work" / "jobs").iterdir())
    assert command.json("fixity", "check", "--all") == []
    with sqlite3.connect(command.home / "database" / "catalogue.sqlite") as database:
        assert database.execute("select count(*) from claims").fetchone() == (0,)
        told = [
            body for (body,) in database.execute("select body from audit_events where type = 'return' order by seq")
        ]
    assert len(told) == len(job_ids)
    for body, job_id in zip(told, job_ids, strict=True):
        assert job_id in body
        assert '"cancelled"' in body
        assert "nhầm" not in body
    (trail,) = command.json("audit", "verify")
    assert trail["ok"], trail["breaks"]


def test_a_job_that_waits_is_cancelled_and_its_delivery_may_come_again(new_home: NewHome, deliver: Deliver) -> None:
    command, made = new_home(), deliver(documents=1)
    command.json("ingest", made.path, "--no-wait")
    job_id = the_job(command)["job_id"]
    (line,) = command.json("jobs", "--cancel", job_id, "--reason", "Nộp nhầm đợt")
    assert (line["status"], line["result"]) == ("cancelled", "returned")
    assert line["error"] == "job.cancelled: Nộp nhầm đợt"
    assert command.json("jobs", "--wait")[0]["status"] == "cancelled"
    nothing_is_left(command, job_id)
    again = command.run("jobs", "--cancel", job_id)
    assert again.code == 2
    assert "đã kết thúc" in again.err
    assert command.run("jobs", "--retry", job_id).code == 2
    (answer,) = command.json("ingest", made.path)
    assert (answer["status"], answer["already"]) == ("archived", False)
    done = next(line["job_id"] for line in command.json("jobs") if line["status"] == "done")
    assert command.run("jobs", "--cancel", done).code == 2
    assert command.run("jobs", "--retry", done).code == 2
    assert command.json("jobs", done)[0]["status"] == "done"
    assert command.run("jobs", "--cancel", "no-such").code == 5


def stopped_inside(process: subprocess.Popen[str], home: Path) -> None:
    """Stop the process, and all that it started, while a stage of its job runs."""
    with sqlite3.connect(f"file:{home / 'database' / 'catalogue.sqlite'}?mode=ro", uri=True, timeout=0) as database:
        while process.poll() is None:
            os.killpg(process.pid, signal.SIGSTOP)
            with contextlib.suppress(sqlite3.OperationalError):
                query = "select 1 from jobs where status = 'running' and stage in ('signatures', 'text', 'pdfa')"
                if database.execute(query).fetchone() and may_write(home):
                    return
            os.killpg(process.pid, signal.SIGCONT)
            time.sleep(0.01)
    raise AssertionError(process.communicate())


def may_write(home: Path) -> bool:
    """Whether the process was not stopped within a transaction, which would keep everybody else out."""
    with contextlib.closing(sqlite3.connect(home / "database" / "catalogue.sqlite", timeout=0)) as database:
        database.isolation_level = None
        try:
            database.execute("begin immediate")
        except sqlite3.OperationalError:
            return False
        database.execute("rollback")
        return True


@pytest.mark.soak
def test_a_job_that_runs_ends_with_its_stage_or_with_its_process(new_home: NewHome, deliver: Deliver) -> None:
    command, made = new_home(), deliver(documents=2)
    process = command.start("ingest", made.path, "--json")
    stopped_inside(process, command.home)
    first = cancelled(command)
    os.killpg(process.pid, signal.SIGCONT)
    out, _ = process.communicate(timeout=120)
    assert (process.returncode, json.loads(out)["status"]) == (0, "returned")
    nothing_is_left(command, first)
    process = command.start("ingest", made.path, "--json")
    stopped_inside(process, command.home)
    second = cancelled(command)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert [line["status"] for line in command.json("jobs", "--wait")] == ["cancelled", "cancelled"]
    nothing_is_left(command, first, second)
    (answer,) = command.json("ingest", made.path)
    assert answer["status"] == "archived"


def cancelled(command: CommandLine) -> str:
    """Cancel the job that runs; its identifier."""
    (job_id,) = [line["job_id"] for line in command.json("jobs") if line["status"] == "running"]
    (line,) = command.json("jobs", "--cancel", job_id)
    assert line["status"] == "cancelled"
    return str(job_id)
