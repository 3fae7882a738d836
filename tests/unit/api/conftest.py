"""What the desks of uploads stand on: a clock, and a database with one agency."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from archive.catalogue.database import Database
from archive.catalogue.tables import agencies
from tests.fakes.clock import StandingClock
from tests.generators.tables import make_tables


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def database() -> Database:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
    make_tables(engine)
    with engine.begin() as connection:
        connection.execute(agencies.insert().values(code="A", name="A"))
    return Database(engine)
