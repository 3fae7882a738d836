"""Where exports are written: what was broken off leaves nothing that looks whole."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest

from archive.dissemination.outgoing import Exported, Outgoing
from archive.dissemination.targets import ExportNotWrittenError, target_at
from metadata.errors import UsageError


def outgoing(name: str, data: bytes = b"abc") -> Outgoing:
    return Outgoing(name, lambda: closing(io.BytesIO(data)))


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*")]  # noqa: C416 - a list that can be read in a failure


class BreakingOffError(Exception):
    """Something went wrong."""


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_nothing_is_there_until_everything_is(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    with target_at(target, single=False) as writer:
        writer.write(outgoing("a/b.txt"))
        assert not target.exists()
    assert target.exists()
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_what_was_broken_off_is_gone(tmp_path: Path, name: str) -> None:
    def broken() -> None:
        with target_at(tmp_path / name, single=False) as writer:
            writer.write(outgoing("a.txt"))
            raise BreakingOffError

    with pytest.raises(BreakingOffError):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_filled_and_stays_the_same_folder(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    inode = target.stat().st_ino
    with target_at(target, single=False) as writer:
        told = writer.write(outgoing("a/b.txt"))
        assert not (target / "a").exists()
    assert told.path == str(target / "a/b.txt")
    assert Path(told.path).read_bytes() == b"abc"
    assert target.stat().st_ino == inode
    assert hidden(target) == []


def test_paths_are_told_as_the_caller_wrote_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with target_at(Path("out"), single=False) as writer:
        told = writer.write(outgoing("a.txt"))
    assert told.path == "out/a.txt"
    assert Path(told.path).read_bytes() == b"abc"


@pytest.mark.parametrize("single", [True, False])
def test_nothing_is_overwritten(tmp_path: Path, *, single: bool) -> None:
    target = tmp_path / "out"
    target.write_text("mine")
    with pytest.raises(UsageError), target_at(target, single=single):
        pass
    assert target.read_text() == "mine"


def test_a_folder_with_something_in_it_is_refused_but_for_one_file(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError), target_at(tmp_path, single=False):
        pass
    with target_at(tmp_path, single=True) as writer:
        writer.write(outgoing("a.txt"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "mine.txt"]


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_two_files_of_one_name_are_refused(tmp_path: Path, name: str) -> None:
    def twice() -> None:
        with target_at(tmp_path / name, single=False) as writer:
            writer.write(outgoing("a.txt"))
            writer.write(outgoing("a.txt"))

    with pytest.raises(UsageError):
        twice()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\\..\\x", "\x00\n", "", ".."])
def test_no_name_leaves_the_target(tmp_path: Path, name: str) -> None:
    with target_at(tmp_path / "in" / "out", single=False) as writer:
        writer.write(outgoing(name))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["out"]
    assert sum(path.is_file() for path in (tmp_path / "in/out").rglob("*")) == 1


def test_a_zip_of_the_same_files_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        with target_at(tmp_path / name, single=False) as writer:
            writer.write(outgoing("văn bản/1.pdf", b"x" * 100_000))
            writer.write(outgoing("2.txt", b""))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["văn bản/1.pdf", "2.txt"]
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


class _Failing(io.RawIOBase):
    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        del buffer
        raise BreakingOffError


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_source_that_fails_leaves_no_file_behind(tmp_path: Path, name: str) -> None:
    def opened() -> BinaryIO:
        return io.BufferedReader(_Failing())

    with pytest.raises(BreakingOffError), target_at(tmp_path / name, single=False) as writer:
        writer.write(Outgoing("a.txt", lambda: closing(opened())))
    assert list(tmp_path.iterdir()) == []


def test_a_line_without_a_file_writes_none(tmp_path: Path) -> None:
    with target_at(tmp_path / "out", single=False) as writer:
        assert writer.write(Outgoing("a", None, {"flavour": None})) == Exported(None, None, None, {"flavour": None})
    assert list((tmp_path / "out").iterdir()) == []


def test_a_disk_that_refuses_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExportNotWrittenError), target_at(tmp_path / "file" / "out", single=False):
        pass


_KILLED = """
import io, os, signal, sys
from contextlib import closing
from pathlib import Path
from archive.dissemination.outgoing import Outgoing
from archive.dissemination.targets import target_at

with target_at(Path(sys.argv[1]), single=False) as writer:
    writer.write(Outgoing("a.txt", lambda: closing(io.BytesIO(b"half"))))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_what_a_killed_export_left_is_hidden_and_swept_by_the_next(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    done = subprocess.run([sys.executable, "-c", _KILLED, str(target)], check=False, timeout=60)
    assert done.returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(f".{name}.")
    with target_at(target, single=False) as writer:
        writer.write(outgoing("a.txt"))
    assert [path.name for path in tmp_path.iterdir()] == [name]


_FULL = """
import io, resource, signal, sys
from contextlib import closing
from pathlib import Path
from archive.dissemination.outgoing import Outgoing
from archive.dissemination.targets import ExportNotWrittenError, target_at

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
try:
    with target_at(Path(sys.argv[1]), single=False) as writer:
        for number in range(5):
            writer.write(Outgoing(f"{number}.bin", lambda: closing(io.BytesIO(bytes(int(sys.argv[2]))))))
except ExportNotWrittenError as error:
    print(error.errno)
"""


@pytest.mark.parametrize(
    ("name", "size"), [("out", 4 << 20), ("out", (3 << 20) + 5), ("out.zip", 1 << 20), ("out.zip", 700_001)]
)
def test_a_disk_that_is_full_is_a_fault_and_leaves_nothing(tmp_path: Path, name: str, size: int) -> None:
    """The largest file that the process may write stands for the disk."""
    done = subprocess.run(
        [sys.executable, "-c", _FULL, str(tmp_path / name), str(size)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert int(done.stdout) == errno.EFBIG
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_is_under_way_is_not_swept(tmp_path: Path) -> None:
    def files(writer_name: str) -> Iterator[None]:
        with target_at(tmp_path / writer_name, single=False) as writer:
            yield None
            writer.write(outgoing("a.txt"))

    first = files("out")
    next(first)
    (under_way,) = tmp_path.iterdir()
    stranger = tmp_path / ".out.1-1.part"
    stranger.mkdir()
    second = files("out")
    next(second)
    assert under_way.exists()
    assert not stranger.exists()
    with pytest.raises(StopIteration):
        next(second)
    with pytest.raises(UsageError):
        next(first)
    assert (tmp_path / "out/a.txt").read_bytes() == b"abc"
