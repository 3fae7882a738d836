"""The pool of worker processes: what a task may use, how it ends, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from ingest.ports import Answer, Limits
from ingest.workers.errors import UnknownTaskError, WorkerFaultError, WorkersClosedError
from ingest.workers.pool import WorkerPool
from metadata.errors import ToolMissingError, ToolUnreadableError
from tests.fixtures.pools import MISBEHAVIOUR, offspring

pytestmark = pytest.mark.usefixtures("misbehaviour")

ROOMY = Limits(cpu_seconds=30, wall_seconds=60, memory_mib=1024, output_mib=64)


def run(
    pool: WorkerPool, task: str, limits: Limits = ROOMY, deposit: Path | None = None, **arguments: object
) -> Answer:
    return pool.submit(f"misbehaviour:{task}", arguments, limits=limits, deposit=deposit).result(timeout=120)


def scratch_root(pool: WorkerPool) -> Path:
    return pool._folder.path


# ---------------------------------------------------------------- what a task gets


def test_a_task_gets_its_arguments_and_an_empty_folder_in_which_it_stands(rough_pool: WorkerPool) -> None:
    answer = run(rough_pool, "echo", value={"tên": "Hồ sơ \udcff", "list": [1, None, 2.5]})
    assert answer.breach is None
    assert answer.value["value"] == {"tên": "Hồ sơ \udcff", "list": [1, None, 2.5]}
    assert answer.value["cwd"] == answer.value["scratch"]
    assert answer.value["empty"]
    assert not Path(answer.value["scratch"]).exists()


def test_a_process_stays_warm_between_tasks(tmp_path: Path, rough_pool: WorkerPool) -> None:
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=rough_pool.isolation == "bubblewrap") as pool:
        assert [run(pool, "count").value["calls"] for _ in range(3)] == [1, 2, 3]


def test_a_process_that_has_nothing_to_do_rests_and_the_next_task_starts_a_fresh_one(
    tmp_path: Path, rough_pool: WorkerPool
) -> None:
    isolate = rough_pool.isolation == "bubblewrap"
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=isolate, rests_after=timedelta(seconds=0.3)) as pool:
        before = set(offspring())
        assert [run(pool, "count").value["calls"] for _ in range(2)] == [1, 2]
        deadline = time.monotonic() + 60
        while set(offspring()) - before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert set(offspring()) <= before
        assert run(pool, "count").value["calls"] == 1


def test_a_process_gives_way_to_a_fresh_one_after_so_many_tasks(tmp_path: Path, rough_pool: WorkerPool) -> None:
    isolate = rough_pool.isolation == "bubblewrap"
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), tasks_per_process=2, isolate=isolate) as pool:
        assert [run(pool, "count").value["calls"] for _ in range(5)] == [1, 2, 1, 2, 1]


def test_tasks_are_taken_in_the_order_in_which_they_were_handed_in(tmp_path: Path, rough_pool: WorkerPool) -> None:
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=rough_pool.isolation == "bubblewrap") as pool:
        ended: list[int] = []
        futures = [pool.submit("misbehaviour:count", {}, limits=ROOMY) for _ in range(8)]
        for number, future in enumerate(futures):
            future.add_done_callback(lambda _, number=number: ended.append(number))  # type: ignore[misc]
        calls = [future.result(timeout=60).value["calls"] for future in futures]
    assert calls == list(range(1, 9))
    assert ended == list(range(8))


def test_a_task_sees_nothing_of_the_parents_environment(rough_pool: WorkerPool) -> None:
    os.environ["LUUTRU_STORAGE__S3__SECRET_KEY"] = "hush"
    try:
        with WorkerPool(1, scratch_root(rough_pool) / "own", homes=("misbehaviour",), isolate=False) as pool:
            seen = run(pool, "surroundings", names=[]).value
    finally:
        del os.environ["LUUTRU_STORAGE__S3__SECRET_KEY"]
    assert "hush" not in str(seen["environment"])
    assert seen["environment"]["LANG"] == "C.UTF-8"
    assert seen["environment"]["OMP_THREAD_LIMIT"] == "1"
    assert seen["stdin"] == ""


def test_only_functions_of_the_homes_are_tasks(rough_pool: WorkerPool) -> None:
    for task in (
        "os:getcwd",
        "misbehaviour_too:echo",
        "subprocess:run",
        "misbehaviour:absent",
        "misbehaviour:_readable",
    ):
        with pytest.raises(UnknownTaskError):
            rough_pool.submit(task, {}, limits=ROOMY).result(timeout=60)


def test_by_default_tasks_live_below_the_engines_and_the_signatures(worker_pool: WorkerPool) -> None:
    for task in ("misbehaviour:echo", "ingest.workers.pool:WorkerPool", "archive.preservation.trust.store:TrustStore"):
        with pytest.raises(UnknownTaskError):
            worker_pool.submit(task, {}, limits=ROOMY).result(timeout=60)


# ---------------------------------------------------------------- isolation


def test_bubblewrap_leaves_no_network_no_foreign_process_and_no_secret(rough_pool: WorkerPool, tmp_path: Path) -> None:
    """Without bubblewrap all of it is open, and the pool says so: `doctor` tells the operator."""
    shut_in = rough_pool.isolation == "bubblewrap"
    secret = scratch_root(rough_pool).parent.parent / "secrets"
    readable = tmp_path / "delivered.txt"
    readable.write_text("x")
    with socket.create_server(("127.0.0.1", 0)) as server:
        connected = run(rough_pool, "connect", port=server.getsockname()[1]).value["connected"]
    seen = run(rough_pool, "surroundings", names=[str(secret), str(secret / "luutru.toml"), str(readable)]).value
    assert connected is not shut_in
    assert (str(os.getpid()) in seen["processes"]) is not shut_in
    assert seen["readable"][str(secret)] is not shut_in
    assert seen["readable"][str(secret / "luutru.toml")] is not shut_in
    assert seen["readable"][str(readable)]


def test_bubblewrap_lets_a_task_write_to_its_own_folder_only(rough_pool: WorkerPool, tmp_path: Path) -> None:
    """Without it a task may write where its user may."""
    shut_in = rough_pool.isolation == "bubblewrap"
    assert run(rough_pool, "write", path=str(tmp_path / "x")).value["written"] is not shut_in
    assert (tmp_path / "x").exists() is not shut_in
    if shut_in:
        for place in ("/tmp/x-of-luutru", "/dev/x-of-luutru", "/run/x-of-luutru"):  # noqa: S108
            assert run(rough_pool, "write", path=place).value["written"] is False
        # Programs that know no other temporary folder get one, and it is not the machine's.
        assert run(rough_pool, "write", path="/var/tmp/x-of-luutru").value["written"]  # noqa: S108
        assert not Path("/var/tmp/x-of-luutru").exists()  # noqa: S108


@pytest.mark.parametrize("place", ["/dev/shm", "/var/tmp"])  # noqa: S108
def test_a_delivery_is_read_wherever_it_lies_and_what_is_hidden_stays_so(
    tmp_path: Path, rough_pool: WorkerPool, place: str
) -> None:
    """Also where a process has a folder of its own in the place of the machine's, and whenever it came there."""
    shut_in = rough_pool.isolation == "bubblewrap"
    with tempfile.TemporaryDirectory(dir=place) as folder, tempfile.TemporaryDirectory(dir=place) as other:
        secret = Path(folder) / "luutru.toml"
        secret.write_text("secret")
        with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=shut_in, hidden=[secret]) as pool:
            assert run(pool, "count").value["calls"] == 1
            delivered, link, foreign = Path(folder) / "delivered.txt", tmp_path / "link", Path(other) / "foreign.txt"
            delivered.write_text("x")
            foreign.write_text("x")
            link.symlink_to(folder)
            names = [str(delivered), str(secret)]
            assert run(pool, "surroundings", names=names).value["readable"] == dict(
                zip(names, (True, not shut_in), strict=True)
            )
            assert run(pool, "surroundings", names=[str(link / delivered.name)]).value["readable"].popitem()[1]
            calls = [run(pool, "count", named=[str(delivered), *more]).value["calls"] for more in ([], [str(tmp_path)])]
            assert (calls[1], run(pool, "count").value["calls"]) == (calls[0] + 1, calls[0] + 2), "the process stays"
            assert run(pool, "write", path=f"{folder}/x").value["written"] is not shut_in
            assert run(pool, "write", path=f"{place}/x-of-luutru").value["written"]
            assert run(pool, "surroundings", names=[str(foreign)]).value["readable"] == {str(foreign): True}
        assert Path(place, "x-of-luutru").exists() is not shut_in
        Path(place, "x-of-luutru").unlink(missing_ok=True)


def test_a_hidden_thing_that_does_not_exist_yet_stops_nothing(tmp_path: Path, rough_pool: WorkerPool) -> None:
    isolate = rough_pool.isolation == "bubblewrap"
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=isolate, hidden=[tmp_path / "absent"]) as pool:
        assert run(pool, "count").value["calls"] == 1


def test_without_bubblewrap_the_pool_says_so_or_refuses_when_it_was_insisted_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with WorkerPool(1, tmp_path / "a", homes=("misbehaviour",)) as pool:
        assert pool.isolation == "rlimits"
        assert "bwrap" in pool.isolation_reason
    with pytest.raises(WorkerFaultError, match="bwrap"):
        WorkerPool(1, tmp_path / "b", isolate=True)
    assert list((tmp_path / "b").iterdir()) == []


def test_a_hidden_database_is_hidden_with_the_pages_beside_it(tmp_path: Path, rough_pool: WorkerPool) -> None:
    shut_in = rough_pool.isolation == "bubblewrap"
    database = tmp_path / "luutru.db"
    names = [str(database), f"{database}-wal", f"{database}-shm"]
    for name in names:
        Path(name).write_bytes(b"secret")
    with WorkerPool(1, tmp_path / "s", homes=("misbehaviour",), isolate=shut_in, hidden=[database]) as pool:
        assert set(run(pool, "surroundings", names=names).value["readable"].values()) == {not shut_in}


def test_a_scratch_folder_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkerFaultError):
        WorkerPool(1, tmp_path / "file" / "scratch")


# ---------------------------------------------------------------- limits

BREACHES: Mapping[str, tuple[str, Limits]] = {
    "spin": ("cpu", Limits(cpu_seconds=0.3, wall_seconds=60, memory_mib=512, output_mib=8)),
    "sleep": ("wall", Limits(cpu_seconds=30, wall_seconds=0.3, memory_mib=512, output_mib=8)),
    "grow": ("memory", Limits(cpu_seconds=30, wall_seconds=60, memory_mib=128, output_mib=8)),
    "grow_outside": ("memory", Limits(cpu_seconds=30, wall_seconds=60, memory_mib=150, output_mib=8)),
    "fill_file": ("output", Limits(cpu_seconds=30, wall_seconds=60, memory_mib=512, output_mib=2)),
    "fill_folder": ("output", Limits(cpu_seconds=30, wall_seconds=60, memory_mib=512, output_mib=2)),
    "die": ("crash", ROOMY),
}
ARGUMENTS: Mapping[str, dict[str, Any]] = {"sleep": {"seconds": 600}, "die": {"signal_number": int(signal.SIGSEGV)}}


@pytest.mark.parametrize("task", BREACHES)
def test_a_breach_of_a_limit_ends_the_process_and_not_the_pool(rough_pool: WorkerPool, task: str) -> None:
    breach, limits = BREACHES[task]
    answer = run(rough_pool, task, limits, **ARGUMENTS.get(task, {}))
    assert answer.breach == breach, answer
    assert answer.detail
    assert answer.value == {}
    assert run(rough_pool, "echo", value=1).value["value"] == 1


def test_a_task_that_breaches_is_tried_once_more_in_a_fresh_process(tmp_path: Path, rough_pool: WorkerPool) -> None:
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=rough_pool.isolation == "bubblewrap") as pool:
        assert run(pool, "die_unless_first").value == {"survived": True}
        # The process is no longer fresh: the task kills it, and succeeds in the next one.
        assert run(pool, "die_unless_first").value == {"survived": True}


def test_a_process_that_died_between_two_tasks_is_no_fact_about_the_next_file(tmp_path: Path) -> None:
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=False, attempts=1) as pool:
        os.kill(run(pool, "count").value["pid"], signal.SIGKILL)
        pool._workers[0]._process.wait(timeout=30)
        assert run(pool, "count").value["calls"] == 1


def test_a_process_that_cannot_start_is_a_fault_and_no_fact_about_a_file(tmp_path: Path) -> None:
    with WorkerPool(1, tmp_path / "scratch", homes=("misbehaviour",), isolate=False) as pool:
        broken = tmp_path / "broken" / "ingest" / "workers"
        broken.mkdir(parents=True)
        (broken.parent / "__init__.py").write_text("raise SystemExit('no ingest today')\n")
        sys.path.insert(0, str(tmp_path / "broken"))
        try:
            with pytest.raises(WorkerFaultError, match="no ingest today"):
                run(pool, "count")
        finally:
            sys.path.remove(str(tmp_path / "broken"))
        assert run(pool, "count").value["calls"] == 1


# ---------------------------------------------------------------- answers and errors


def test_what_libraries_print_is_no_answer(rough_pool: WorkerPool) -> None:
    assert run(rough_pool, "garbage").value == {"honest": True}


def test_an_error_of_the_archive_arrives_as_the_same_class_with_its_data(rough_pool: WorkerPool) -> None:
    with pytest.raises(ToolMissingError) as missing:
        run(rough_pool, "raise_missing")
    assert missing.value.tool == "tesseract"
    assert missing.value.cure == "apt-get install tesseract-ocr"
    assert str(missing.value) == str(ToolMissingError("tesseract", "apt-get install tesseract-ocr"))
    with pytest.raises(ToolUnreadableError) as unreadable:
        run(rough_pool, "raise_unreadable")
    assert unreadable.value.answer == "gibberish"


def test_a_library_that_is_not_installed_is_a_missing_tool(rough_pool: WorkerPool) -> None:
    with pytest.raises(ToolMissingError) as missing:
        run(rough_pool, "raise_import")
    assert missing.value.tool == "absent_library_of_tests"


def test_a_full_disk_is_a_fault_and_no_breach(rough_pool: WorkerPool) -> None:
    with pytest.raises(WorkerFaultError):
        run(rough_pool, "raise_disk_full")


@pytest.mark.parametrize("task", ["raise_defect", "not_json", "not_a_dict"])
def test_a_defect_of_a_task_is_a_fault_and_no_verdict(rough_pool: WorkerPool, task: str) -> None:
    with pytest.raises(ToolUnreadableError) as defect:
        run(rough_pool, task)
    assert task in str(defect.value)


def test_an_endless_answer_is_a_breach(rough_pool: WorkerPool) -> None:
    assert run(rough_pool, "big_answer", mib=65).breach == "output"


def test_an_argument_that_is_no_json_is_refused_at_once(rough_pool: WorkerPool) -> None:
    with pytest.raises(TypeError):
        rough_pool.submit("misbehaviour:echo", {"value": object()}, limits=ROOMY)


# ---------------------------------------------------------------- outputs


def test_outputs_are_moved_into_the_deposit(rough_pool: WorkerPool, tmp_path: Path) -> None:
    deposit = tmp_path / "deep" / "deposit"
    answer = run(rough_pool, "outputs", deposit=deposit, files={"a.pdf": "A", "inner/b.txt": "B"})
    assert answer.outputs == {"a.pdf": deposit / "a.pdf", "inner/b.txt": deposit / "b.txt"}
    assert (deposit / "a.pdf").read_text() == "A"
    assert (deposit / "b.txt").read_text() == "B"
    assert "outputs" not in answer.value


@pytest.mark.parametrize("how", ["symlink", "folder-symlink", "hardlink", "path"])
def test_a_task_cannot_hand_over_what_is_not_its_own(rough_pool: WorkerPool, tmp_path: Path, how: str) -> None:
    secret = scratch_root(rough_pool).parent / "secret.txt"
    secret.write_text("secret")
    with pytest.raises((ToolUnreadableError, WorkerFaultError)):
        run(rough_pool, "foreign_output", deposit=tmp_path / "deposit", path=str(secret), how=how)
    assert secret.read_text() == "secret"
    assert not list(tmp_path.glob("deposit/*"))


def test_two_outputs_of_one_name_are_refused(rough_pool: WorkerPool, tmp_path: Path) -> None:
    with pytest.raises(ToolUnreadableError):
        run(rough_pool, "outputs", deposit=tmp_path, files={"a/x": "A", "b/x": "B"})


# ---------------------------------------------------------------- nothing is left behind


@pytest.mark.parametrize("own_session", [False, True])
def test_a_program_that_a_task_leaves_behind_does_not_outlive_it(rough_pool: WorkerPool, own_session: bool) -> None:
    run(rough_pool, "leave_process", own_session=own_session)
    assert "sleep" not in offspring().values()


def test_programs_in_sessions_of_their_own_end_with_the_breach(rough_pool: WorkerPool) -> None:
    assert run(rough_pool, "leave_process_and_sleep", Limits(wall_seconds=0.4)).breach == "wall"
    assert "sleep" not in offspring().values()


def test_closing_ends_what_runs_and_what_waits_and_removes_the_folders(tmp_path: Path, rough_pool: WorkerPool) -> None:
    before = offspring().keys()
    pool = WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=rough_pool.isolation == "bubblewrap")
    futures = [pool.submit("misbehaviour:sleep", {"seconds": 60}, limits=ROOMY) for _ in range(3)]
    while not offspring().keys() - before:
        time.sleep(0.02)
    pool.close()
    pool.close()
    for future in futures:
        with pytest.raises(WorkersClosedError):
            future.result(timeout=10)
    with pytest.raises(WorkersClosedError):
        run(pool, "count")
    assert offspring().keys() <= before
    assert list(tmp_path.iterdir()) == []


PARENT = """
import pathlib, sys, time
sys.path.insert(0, {misbehaviour!r})
from ingest.ports import Limits
from ingest.workers.pool import WorkerPool
pool = WorkerPool(2, pathlib.Path({scratch!r}), homes=("misbehaviour",), isolate={isolate})
futures = [pool.submit("misbehaviour:leave_process_and_sleep", {{}}, limits=Limits()) for _ in range(2)]
time.sleep(60)
"""


def test_after_kill_9_of_the_parent_no_process_lives_and_the_next_pool_sweeps(
    tmp_path: Path, rough_pool: WorkerPool
) -> None:
    isolate = rough_pool.isolation == "bubblewrap"
    code = PARENT.format(misbehaviour=str(MISBEHAVIOUR), scratch=str(tmp_path), isolate=isolate)
    with psutil.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2]) as parent:
        try:
            deadline = time.monotonic() + 60
            while list(offspring(parent).values()).count("sleep") < 4 and time.monotonic() < deadline:
                time.sleep(0.05)
            assert list(offspring(parent).values()).count("sleep") == 4
            family = parent.children(recursive=True)
        finally:
            parent.kill()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert list(tmp_path.iterdir())
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=isolate) as pool:
        assert [entry.name for entry in tmp_path.iterdir()] == [scratch_root(pool).name]


def test_a_second_pool_leaves_the_folders_of_a_living_one_alone(tmp_path: Path) -> None:
    with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=False) as first:
        with WorkerPool(1, tmp_path, homes=("misbehaviour",), isolate=False):
            assert scratch_root(first).is_dir()
        assert run(first, "count").value["calls"] == 1


def test_the_parent_stays_flat_over_a_thousand_tasks(rough_pool: WorkerPool) -> None:
    run(rough_pool, "big_answer", mib=1)
    before = psutil.Process().memory_info().rss
    for _ in range(10):
        futures = [rough_pool.submit("misbehaviour:echo", {"value": "x" * 1000}, limits=ROOMY) for _ in range(100)]
        assert all(future.result(timeout=60).breach is None for future in futures)
    assert psutil.Process().memory_info().rss - before < 16 << 20


def test_a_child_starts_without_the_libraries_that_make_starting_slow() -> None:
    """What the child's own modules import stays light; a task's libraries are loaded with the task."""
    code = "import sys, ingest.workers.child; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"pydantic", "pikepdf", "PIL", "numpy", "concurrent", "pygfried"} & set(eval(loaded))  # noqa: S307
