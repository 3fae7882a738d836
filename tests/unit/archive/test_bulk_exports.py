"""Everything of a filter in one ZIP: packed one by one, what cannot leave is told, what nobody wants ends."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from archive.dissemination.outgoing import Exported, ExportKind, ExportRefusedError, Options, Shape
from archive.services import bulk_exports
from archive.services.bulk_exports import CONTENTS, Gathering
from archive.services.dissemination import Dissemination
from archive.services.selections import Chosen
from metadata.errors import UsageError


class Leaving:
    """Writes a file for each thing but those that are refused; counts what lies in the room meanwhile."""

    def __init__(self, refused: str = "", room: Path | None = None) -> None:
        self.refused, self.room = refused, room
        self.asked: list[tuple[str, frozenset[int]]] = []
        self.beside: list[int] = []

    def export(self, identifier: str, kind: ExportKind, target: Path, **how: Any) -> Iterator[Exported]:  # noqa: ANN401
        self.asked.append((identifier, how["without"]))
        self.beside.append(len([path for path in self.room.rglob("*") if path.is_file()]) if self.room else 0)
        if identifier == self.refused:
            raise ExportRefusedError("no such form")
        path = target / "a.pdf" if target.is_dir() else target
        path.write_bytes(identifier.encode())
        yield Exported(str(path) if target.is_dir() else "a.pdf", "00", path.stat().st_size, {})


def _chosen(*ordinals: int | None, code: str = "H49/1") -> list[Chosen]:
    return [Chosen(dossier_id=f"d{n}", ordinal=o, agency="H49", file_code=code) for n, o in enumerate(ordinals)]


def _gathering(leaving: Leaving, room: Path, lines: list[Mapping[str, Any]], last: int = 99) -> Gathering:
    return Gathering(
        cast("Dissemination", leaving),
        ExportKind.PDFA,
        "lan",
        Options(Shape.TT05, "2.2.0"),
        room,
        lambda done: done < last,
        lines.append,
    )


def test_each_thing_lies_in_the_zip_under_a_name_of_its_own(tmp_path: Path) -> None:
    lines: list[Mapping[str, Any]] = []
    leaving = Leaving(room=tmp_path)
    things = [*_chosen(None, None, 7), Chosen(dossier_id="x", ordinal=None, agency="", file_code="C", without=(2,))]
    taken, refused = _gathering(leaving, tmp_path, lines).gather(things, tmp_path / "all.zip")
    assert (taken, refused) == (things, 0)
    assert leaving.asked[-1] == ("x", frozenset({2}))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = archive.namelist()
        assert names == ["001-H49-1-pdfa.zip", "002-H49-1-pdfa.zip", "003-H49-1-7/a.pdf", "004-C-pdfa.zip", CONTENTS]
        assert archive.read("003-H49-1-7/a.pdf") == b"d2/7"
        assert archive.read(CONTENTS).decode().splitlines()[2] == "d2/7\tH49/1\tok"
    assert [line["of"] for line in lines] == ["d0", "d1", "d2/7", "x"]
    assert set(leaving.beside) == {1}, "nothing but the ZIP lies there when the next is begun"


def test_what_cannot_leave_is_told_and_the_others_do(tmp_path: Path) -> None:
    lines: list[Mapping[str, Any]] = []
    taken, refused = _gathering(Leaving("d1"), tmp_path, lines).gather(_chosen(None, None), tmp_path / "all.zip")
    assert ([one.dossier_id for one in taken], refused) == (["d0"], 1)
    assert lines[1]["refused"] == ExportRefusedError.code
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert ExportRefusedError.code in archive.read(CONTENTS).decode()


def test_nothing_at_all_is_no_file_but_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Không mục nào"):
        _gathering(Leaving(), tmp_path, []).gather([], tmp_path / "all.zip")


def test_who_cancels_waits_for_one_thing_at_most(tmp_path: Path) -> None:
    leaving = Leaving()
    _gathering(leaving, tmp_path, [], last=2).gather(_chosen(None, None, None, None), tmp_path / "all.zip")
    assert len(leaving.asked) == 2


def test_one_order_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_exports, "MOST_BYTES", 10)
    with pytest.raises(UsageError, match="sau 1 mục"):
        _gathering(Leaving(), tmp_path, []).gather(_chosen(None, None), tmp_path / "all.zip")
