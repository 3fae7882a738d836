"""kill -9 and a full disk in the middle of writing packages."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

import pytest

from storage.backends.filesystem import FilesystemStore
from storage.ledger import Ledger, LedgerLine
from storage.packages import PackageStore
from tests.fakes.clocks import SteppingClock
from tests.fixtures.ocfl_judge import OcflJudge

ROOT = Path(__file__).resolve().parents[2]
FILES = 60
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

WRITER = ROOT / "tests" / "faults" / "storage_writer.py"


def deliver(work: Path, *, packages: int, files: int, size: int) -> None:
    chance = random.Random(7)  # noqa: S311 - bytes to store, no secret
    for number in range(packages):
        (work / str(number)).mkdir(parents=True)
        for name in range(files):
            (work / str(number) / f"{name:03}.bin").write_bytes(chance.randbytes(size))


def writer(root: Path, work: Path, packages: int) -> list[str]:
    # -P: the script's own folder has a module called storage.
    return [sys.executable, "-P", str(WRITER), str(root), str(work), str(packages)]


def files_below(folder: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(folder))


def acknowledged(output: str) -> dict[str, str]:
    """Packages that the writer had said to be stored, with the digest of their inventory."""
    return dict(line.split() for line in output.splitlines() if line.count(" ") == 1 and len(line) > 100)


@pytest.mark.rule("STO-005")
@pytest.mark.parametrize(("kills", "packages"), [(8, 4), pytest.param(200, 100, marks=pytest.mark.soak)])
def test_killed_at_random_points_nothing_is_lost_nothing_doubled_and_all_is_valid(
    tmp_path: Path, ocfl_judge: OcflJudge, kills: int, packages: int
) -> None:
    root, work = tmp_path / "storage", tmp_path / "work"
    deliver(work, packages=packages, files=FILES, size=2000)
    chance = random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID", "3"))  # noqa: S311 - a point to kill at
    promised: dict[str, str] = {}
    killed = 0
    for _ in range(kills):
        process = subprocess.Popen(writer(root, work, packages), env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        # The next kill comes after some more files than lie there already.
        goal = files_below(root) + chance.randrange(1, 2 * packages * FILES // kills)
        while process.poll() is None and files_below(root) < goal:
            time.sleep(0.001)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        promised |= acknowledged(process.communicate()[0])
    assert killed >= kills // 2
    last = subprocess.run(writer(root, work, packages), env=ENVIRONMENT, capture_output=True, text=True, check=True)
    stored = acknowledged(last.stdout)

    store = FilesystemStore(root)
    holding = PackageStore(store, SteppingClock())
    ids = [str(UUID(int=number, version=4)) for number in range(packages)]
    assert sorted(holding.package_ids()) == sorted(stored) == sorted(ids)
    assert promised.items() <= stored.items()
    lines: list[LedgerLine] = [line for day in Ledger(store).days() for line in Ledger(store).lines(day)]
    assert sorted((line.id, line.version, line.inventory) for line in lines) == sorted(
        (package_id, "v1", digest) for package_id, digest in stored.items()
    )
    for package_id, digest in stored.items():
        assert holding.check_fixity(package_id, inventory_sha512=digest).findings == ()
    store.ready()
    assert not list((root / ".unfinished").glob("*.part"))
    verdict = ocfl_judge(root / "packages")
    assert (verdict["ok"], verdict["good"], verdict["messages"]) == (True, packages, {})


FULL_DISK = """
set -eu
mount -t tmpfs -o size=3m,nr_inodes=500 none "$1"
shift
set +e
"$@"; echo "exit $?"
rm "$FILLER"
"$@"; echo "exit $?"
"""


def test_a_full_disk_is_a_fault_and_the_same_package_is_stored_when_there_is_room(tmp_path: Path) -> None:
    """A small tmpfs in a user namespace; where those are forbidden, a limit on the size of a file."""
    root, work = tmp_path / "disk", tmp_path / "work"
    root.mkdir()
    deliver(work, packages=1, files=20, size=60_000)
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    allowed = subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0
    print("full disk by", "a tmpfs of 3 MiB" if allowed else "RLIMIT_FSIZE of 40,000 bytes")
    if allowed:
        script = FULL_DISK.replace("shift\n", 'head -c 2500000 /dev/zero > "$1/filler"; FILLER="$1/filler"; shift\n')
        done = subprocess.run(
            [*namespace, "sh", "-c", script, "sh", str(root), *writer(root / "storage", work, 1)],
            env=ENVIRONMENT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        first, _, second = done.stdout.partition("exit 4\n")
        assert first.startswith("fault No space left on device"), done.stdout + done.stderr
        assert len(acknowledged(second)) == 1, done.stdout + done.stderr
        assert second.endswith("exit 0\n")
        return
    full = subprocess.run(
        writer(root / "storage", work, 1), env=ENVIRONMENT, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)),
    )  # fmt: skip
    assert (full.returncode, full.stdout) == (4, "fault File too large\n"), full.stderr
    again = subprocess.run(
        writer(root / "storage", work, 1), env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert len(acknowledged(again.stdout)) == 1
