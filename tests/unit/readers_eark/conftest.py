"""Packages on disk and the reader that reads them, everything in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.readers.eark.reader import PackageReader
from metadata.descriptions import Delivery, DossierDescription
from metadata.rules import errors_of
from tests.fakes.deliveries import findings_of
from tests.fakes.workers import InlineWorkers
from tests.generators.eark_packages import Package

Read = Callable[[Package], Delivery]


def only(delivery: Delivery) -> DossierDescription:
    """The dossier of a delivery without an error."""
    assert errors_of(findings_of(delivery)) == ()
    (dossier,) = delivery.dossiers
    return dossier


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where a package goes; called by its OBJID."""
    return tmp_path / "uuid-8C2B6F0E"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a package, and sees to it that nothing is left in the room."""

    def reading(package: Package) -> Delivery:
        room = tmp_path / "room"
        reader = PackageReader(InlineWorkers())
        assert reader.recognises(package.root)
        delivery = reader.read(package.root, room)
        assert not room.exists()
        return delivery

    return reading
