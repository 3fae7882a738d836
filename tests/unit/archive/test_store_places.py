"""The physical store of a holding: a tree with numbers of dossiers, and what lies at a place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.auth.people import Label
from archive.auth.policy import Area, Scope
from archive.catalogue.database import Database
from archive.catalogue.described import Described
from archive.catalogue.tables import dossiers
from archive.services.store_places import StorePlaces
from metadata.physical import StorePlace
from tests.generators.held_2019 import AGENCY, fill, new_catalogue, new_database, package_id

DOSSIERS = 45


@pytest.fixture
def database(quick_path: Path) -> Iterator[Database]:
    made = new_database(quick_path)
    fill(new_catalogue(made), DOSSIERS, 1)
    yield made
    made.close()


def test_the_tree_counts_every_dossier_in_its_box_and_above(database: Database) -> None:
    lines = list(StorePlaces(Described(database)).tree())
    assert (lines[0].place, lines[0].depth, lines[0].dossiers) == (StorePlace(storehouse="2"), 0, DOSSIERS)
    boxes = {line.place.box: line.dossiers for line in lines[1:]}
    assert len(boxes) == 40
    assert (boxes["0"], boxes["4"], boxes["5"]) == (2, 2, 1)
    assert [line.place.box for line in lines[1:]] == [str(number) for number in range(40)]


def test_a_place_gives_the_dossiers_in_it_and_within_it(database: Database) -> None:
    places = StorePlaces(Described(database))
    assert [kept.dossier_id for kept in places.at(StorePlace(storehouse="2", box="3"))] == [
        package_id(3),
        package_id(43),
    ]
    assert len(list(places.at(StorePlace(storehouse="2")))) == DOSSIERS
    assert list(places.at(StorePlace(storehouse="9"))) == []


def test_what_may_not_be_seen_is_neither_named_nor_counted(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(sa.update(dossiers).values(label=Label.INTERNAL.rank))
        closed = dossiers.c.package_id == package_id(3)
        connection.execute(sa.update(dossiers).where(closed).values(label=Label.CONFIDENTIAL.rank))
    places = StorePlaces(Described(database))
    lines = list(places.tree(within=Scope((Area(AGENCY, Label.INTERNAL),))))
    assert (lines[0].place.storehouse, lines[0].dossiers) == ("2", DOSSIERS - 1)
    assert next(line.dossiers for line in lines if line.place.box == "3") == 1
    assert list(places.tree(within=Scope((Area("H50", Label.CONFIDENTIAL),)))) == []
    assert list(places.tree(within=Scope(()))) == []


def test_dossiers_are_read_in_pieces_without_losing_one(database: Database) -> None:
    found = [kept.file_code for kept in Described(database).places()]
    assert found == sorted(found)
    assert len(set(found)) == DOSSIERS
