"""What a fault of the database tells."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.catalogue.database import Database, engine_of, jobs_engine_of
from archive.errors import DatabaseFaultError


@pytest.mark.parametrize("make", [engine_of, jobs_engine_of])
def test_a_fault_tells_no_value_that_was_sent(make: Callable[[str], sa.Engine], tmp_path: Path) -> None:
    said = {"secret": "digest-of-a-session"}
    with (
        closing(Database(make(f"sqlite:///{tmp_path}/x.sqlite"))) as database,
        pytest.raises(DatabaseFaultError, match="no such table") as failed,
        database.reading() as connection,
    ):
        connection.execute(sa.text("SELECT 1 FROM nowhere WHERE secret = :secret"), said)
    assert said["secret"] not in str(failed.value)
