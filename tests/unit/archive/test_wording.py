"""Words of titles in lists: found with and without diacritics, by their beginnings, in rows of before too."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st

from archive.catalogue import migrations
from archive.catalogue.browsing import Browsing, Wanted
from archive.catalogue.database import Database, engine_of, upgrade
from archive.catalogue.tables import dossiers
from archive.catalogue.wording import told_by, wording

TITLES = (
    "Hồ sơ về việc giao đất tại xã Hoà Bình",
    "Hồ sơ về việc giao dịch bảo đảm",
    "Thuỷ lợi năm 2021, kỹ thuật 100%_x",
    "",
)


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    upgrade(url)
    return engine_of(url)


def _enter(engine: sa.Engine, *, words: bool) -> None:
    rest = dict.fromkeys(("agency", "submission_id", "stored_at", "fingerprint"), "")
    with engine.begin() as connection:
        for number, title in enumerate(TITLES):
            row = {"package_id": str(number), "file_code": f"c{number}", "title": title, "documents": 0, "label": 0}
            row |= {"words": wording(title)} if words else {}
            connection.execute(dossiers.insert().values(**row, **rest))


def _found(engine: sa.Engine, asked: str) -> list[int]:
    listed = Browsing(Database(engine)).dossiers(Wanted(title=asked))
    assert listed.total == len(listed.rows)
    return sorted(int(row["package_id"]) for row in listed.rows)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("giao dat", [0]),
        ("dat giao", [0]),
        ("giao", [0, 1]),
        ("GIAO ĐẤT", [0]),
        ("giao đẩt", []),
        ("hoà bình", [0]),
        ("hòa binh", [0]),
        ("thuy loi", [2]),
        ("ky thuat", [2]),
        ("kĩ thuật", [2]),
        ("bao dam gia", [1]),
        ("iao", []),
        ("202", [2]),
        ("%_", [2]),
        ("%", [2]),
        ("khong co", []),
    ],
)
def test_words_are_found_with_and_without_diacritics(engine: sa.Engine, asked: str, found: list[int]) -> None:
    _enter(engine, words=True)
    assert _found(engine, asked) == found


def test_titles_of_before_get_their_words_when_the_home_is_upgraded(engine: sa.Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("sqlalchemy.url", str(engine.url))
    _enter(engine, words=False)
    assert _found(engine, "giao dat") == []
    command.downgrade(config, "0010")
    command.upgrade(config, "head")
    assert _found(engine, "giao dat") == [0]
    with engine.connect() as connection:
        told = {row.title: row.words for row in connection.execute(sa.select(dossiers.c.title, dossiers.c.words))}
    assert told == {title: wording(title) for title in TITLES}


@given(st.text(max_size=40), st.text(max_size=12))
def test_every_title_is_found_by_its_own_words_and_nothing_breaks_the_query(title: str, asked: str) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    table = sa.Table("t", sa.MetaData(), sa.Column("title", sa.Text), sa.Column("words", sa.Text))
    table.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert().values(title=title, words=wording(title)))
        own = sa.select(table.c.title).where(told_by(table.c.words, table.c.title, title))
        if wording(title):
            assert len(connection.execute(own).all()) == 1
        connection.execute(sa.select(table).where(told_by(table.c.words, table.c.title, asked))).all()
    engine.dispose()
