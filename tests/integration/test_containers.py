"""The opener of containers over real worker processes; a broken ZIP through the real command."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.readers.containers import Containers
from ingest.workers.pool import WorkerPool
from tests.fixtures.homes import Filled

pytestmark = pytest.mark.xdist_group("cli-home")


def zipped(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder).as_posix())
    return target


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(1, tmp_path_factory.mktemp("scratch"), attempts=1) as workers:
        yield workers


def test_a_broken_zip_is_rejected_with_remedy_and_keeps_nothing(filled: Filled, tmp_path: Path) -> None:
    packed = zipped(filled.delivery, tmp_path / "hỏng.zip")
    packed.write_bytes(packed.read_bytes()[:-100])
    (line,) = filled.command.json("ingest", packed, code=3)
    assert line["status"] == "rejected"
    (finding,) = line["findings"]
    assert (finding["rule"], finding["subject"]) == ("CON-001", "hỏng.zip")
    assert "Nén lại" in finding["message"]
    assert list((filled.command.home / "work" / "rooms").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("x.zip", ["jar", "cfM", "{to}", "-C", "{folder}", "."]),
        ("x.tar", ["tar", "--format=posix", "-cf", "{to}", "-C", "{folder}", "."]),
        ("x.tar.xz", ["tar", "--format=gnu", "-cJf", "{to}", "-C", "{folder}", "."]),
        ("v7.tar", ["tar", "--format=ustar", "-cf", "{to}", "-C", "{folder}", "."]),
    ],
)
def test_what_other_programs_pack_is_read_without_a_word(
    pool: WorkerPool, tmp_path: Path, name: str, command: list[str]
) -> None:
    files = {"Hồ sơ/tờ trình.txt": b"words", "Hồ sơ/con/b.bin": os.urandom(100_000), "rỗng.txt": b""}
    for path, data in files.items():
        (tmp_path / "f" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "f" / path).write_bytes(data)
    said = [part.format(to=tmp_path / name, folder=tmp_path / "f") for part in command]
    subprocess.run(said, check=True, capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    opened = Containers(pool).opened(tmp_path / name, tmp_path / "room")
    assert opened.findings == ()
    assert {path: (opened.root / path).read_bytes() for path in files} == files


def test_thousands_of_members_come_through_a_worker(pool: WorkerPool, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(1500):
            archive.writestr(f"{number % 50:02}/{number:05}.txt", str(number))
    opened = Containers(pool).opened(tmp_path / "many.zip", tmp_path / "room")
    assert opened.container is not None
    assert opened.container.files == len([path for path in opened.root.rglob("*") if path.is_file()]) == 1500
    assert (opened.root / "49" / "01499.txt").read_text(encoding="ascii") == "1499"


def test_a_bomb_ends_at_its_bound_whatever_it_says_of_itself(pool: WorkerPool, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz", compresslevel=1) as archive, Path("/dev/zero").open("rb") as no:
        info = tarfile.TarInfo("zeros")
        info.size = 256 << 20
        archive.addfile(info, no)
    opened = Containers(pool).opened(tmp_path / "bomb.tar.gz", tmp_path / "room")
    assert [finding.rule for finding in opened.findings] == ["CON-005"]
    assert not opened.root.exists()


_OPENER = """
import sys
from pathlib import Path
from ingest.readers.containers import Containers
from ingest.workers.pool import WorkerPool
path, room, scratch = map(Path, sys.argv[1:])
with WorkerPool(1, scratch) as workers:
    print("open", flush=True)
    Containers(workers).opened(path, room)
    print("done", flush=True)
"""


@pytest.mark.parametrize("after", [0.2, 0.5, 0.9])
def test_a_kill_leaves_nothing_that_looks_whole(tmp_path: Path, after: float) -> None:
    """At whatever moment the process dies: the folder is there with everything in it, or it is not there."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for number in range(1500):
            archive.writestr(f"{number:05}", os.urandom(2000))
    places = [str(tmp_path / name) for name in ("x.zip", "room", "scratch")]
    arguments = [sys.executable, "-c", _OPENER, *places]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        time.sleep(after)
        os.killpg(process.pid, signal.SIGKILL)
    whole = tmp_path / "room" / "x"
    assert not whole.exists() or len(list(whole.iterdir())) == 1500
    shutil.rmtree(tmp_path / "room", ignore_errors=True)
