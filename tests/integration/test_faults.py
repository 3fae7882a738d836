"""What the system lacks is a fault, never a verdict on content; when it is there again, the same delivery succeeds."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.demo import office
from archive.demo.papers import Make, dossiers
from storage.settings import S3Settings
from tests.faults.gateway import gateway_to
from tests.fixtures.homes import LUUTRU, CommandLine, made_home
from tests.generators.deliveries import SHEET, Made, PaperMill, make_delivery, make_large_delivery, row, write_sheet

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(600)]

MIB = 1 << 20
DISK_MIB = 48

ON_A_SMALL_DISK = """
import json, os, subprocess, sys
luutru, disk, trust, delivery = sys.argv[1:5]
mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size={size}m", "tmpfs", disk])
if mounted.returncode:
    sys.exit(77)
def run(*words):
    done = subprocess.run([luutru, *words, "--json"], capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    print(json.dumps({{"code": done.returncode, "lines": lines, "err": done.stderr[-2000:]}}), flush=True)
run("init")
run("trust", "add", trust)
left = os.statvfs(disk)
with open(os.path.join(disk, "filler"), "wb") as filler:
    os.posix_fallocate(filler.fileno(), 0, left.f_bavail * left.f_frsize - 3 * 1024 * 1024)
run("ingest", delivery)
os.unlink(os.path.join(disk, "filler"))
run("ingest", delivery)
run("fixity", "check", "--all")
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Made:
    """One document of 6 MiB."""
    return make_large_delivery(tmp_path_factory.mktemp("faults") / "giao-nop", mill, 6 * MIB, part=6 * MIB)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Made:
    return make_delivery(tmp_path_factory.mktemp("faults") / "giao-nop", mill, dossiers=1, documents=1)


def is_fault(line: dict[str, Any]) -> bool:
    errors = [finding for finding in line["findings"] if finding["severity"] == "error"]
    return line["status"] == "fault" and not errors and bool(line["error"]) and line["package_id"] is None


def test_a_full_disk_is_a_fault_and_the_delivery_succeeds_when_there_is_room(
    tmp_path: Path, mill: PaperMill, large: Made
) -> None:
    """On a tmpfs in a user namespace; where the kernel forbids that, the next test alone shows the promise."""
    disk = tmp_path / "disk"
    disk.mkdir()
    script = ON_A_SMALL_DISK.format(size=DISK_MIB)
    done = subprocess.run(
        [
            str(shutil.which("unshare")),
            "-Urm",
            sys.executable,
            "-c",
            script,
            LUUTRU,
            disk,
            mill.trust(tmp_path / "trust"),
            large.path,
        ],
        env=CommandLine(disk / "home").environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no tmpfs in a user namespace on this machine: {done.stderr.strip()[-200:]}")
    _, _, full, again, checked = (json.loads(line) for line in done.stdout.splitlines())
    assert full["code"] == 4, full
    assert all(is_fault(line) for line in full["lines"]), full
    assert (again["code"], again["lines"][0]["status"]) == (0, "archived"), again
    assert [line["ok"] for line in checked["lines"]] == [True]


@pytest.mark.soak
def test_a_file_that_may_not_grow_is_a_fault_and_the_delivery_succeeds_later(
    tmp_path: Path, mill: PaperMill, large: Made
) -> None:
    """The same by a limit on the size of files, which works everywhere."""
    command = made_home(tmp_path / "home", mill)
    done = subprocess.run(
        [LUUTRU, "ingest", large.path, "--json"],
        env=command.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4 * MIB, 4 * MIB)),
    )
    assert done.returncode == 4, done
    assert is_fault(json.loads(done.stdout)), done.stdout
    (line,) = command.json("ingest", large.path)
    assert line["status"] == "archived"


def test_an_index_that_is_down_only_delays_finding(tmp_path: Path, mill: PaperMill, small: Made) -> None:
    command = made_home(tmp_path / "home", mill)
    index = command.home / "index"
    index.rename(tmp_path / "index")
    index.write_text("no folder")
    (line,) = command.json("ingest", small.path)
    assert line["status"] == "archived"
    assert command.run("search", "ke hoach", "--json").code == 4
    assert command.run("doctor", "--json").code == 4
    index.unlink()
    (tmp_path / "index").rename(index)
    command.json("jobs", "--wait")
    assert command.json("search", "ke hoach")[0]["package_id"] == line["package_id"]


def _office_delivery(folder: Path) -> Path:
    paper = next(paper for dossier in dossiers() for paper in dossier.paper if paper.make is Make.DOCX)
    folder.mkdir()
    (folder / "a.docx").write_bytes(office.docx(paper))
    write_sheet(folder / SHEET, [row("H49.64.2026.70000", 1, 70001, len(paper.pages), 1, "a.docx")])
    return folder


def test_a_missing_tool_is_a_fault_that_names_it_and_retrying_succeeds(tmp_path: Path, mill: PaperMill) -> None:
    command = made_home(tmp_path / "home", mill)
    delivery = _office_delivery(tmp_path / "giao-nop")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "env", "bwrap", "file"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    (line,) = command.having(PATH=str(tools)).json("ingest", delivery, code=4)
    assert is_fault(line), line
    assert "libreoffice" in line["error"].lower() or "soffice" in line["error"].lower()
    (job,) = command.json("jobs")
    assert job["status"] == "fault"
    assert command.having(PATH=str(tools)).json("doctor", code=4)
    (again,) = command.json("ingest", delivery)
    assert again["status"] == "archived"


@pytest.mark.server
def test_a_storage_that_fails_half_way_is_a_fault_and_nothing_is_doubled(
    tmp_path: Path, mill: PaperMill, small: Made, s3_bucket: Callable[[], S3Settings]
) -> None:
    """A real S3 server behind a gateway that lets six objects through and then throttles everything."""
    bucket = s3_bucket()
    assert bucket.endpoint
    assert bucket.access_key
    assert bucket.secret_key
    with gateway_to(bucket.endpoint) as gateway:
        command = made_home(
            tmp_path / "home",
            mill,
            LUUTRU_STORAGE__BACKEND="s3",
            LUUTRU_STORAGE__S3__ENDPOINT=gateway.endpoint,
            LUUTRU_STORAGE__S3__BUCKET=bucket.bucket,
            LUUTRU_STORAGE__S3__REGION=bucket.region,
            LUUTRU_STORAGE__S3__ATTEMPTS="2",
            LUUTRU_STORAGE__S3__ACCESS_KEY=bucket.access_key,
            LUUTRU_STORAGE__S3__SECRET_KEY=bucket.secret_key.get_secret_value(),
        )
        gateway.plan = [("PUT", "")] * 6 + [("PUT", "throttle")] * 10_000
        answer = command.run("ingest", small.path, "--json")
        assert answer.code == 4, answer
        assert all(is_fault(line) for line in answer.lines), answer
        gateway.plan = []
        (line,) = command.json("ingest", small.path)
        assert line["status"] == "archived"
        assert [checked["ok"] for checked in command.json("fixity", "check", "--all")] == [True]
        (rebuilt,) = command.json("catalogue", "rebuild")
        assert (rebuilt["packages"], rebuilt["lost"], rebuilt["not_in_ledger"]) == (1, [], [])
