"""A package of the first form, which no program writes any more, leaves in every shape."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from archive.catalogue.holdings import Catalogue
from archive.dissemination.outgoing import ExportKind, Options, Shape
from archive.services.stored_packages import StoredPackages
from metadata.digests import digests_of_file
from storage.backends.filesystem import FilesystemStore
from storage.evidence import EvidenceObjects
from storage.holdings import Content
from storage.packages import PackageStore
from tests.fakes.dossiers import Paper, StandingClock
from tests.fakes.exports import Shelf, shelved

FIRST_FORM = Path(__file__).parents[2] / "corpus" / "package-1.0.zip"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    folder = tmp_path_factory.mktemp("first")
    with zipfile.ZipFile(FIRST_FORM) as archive:
        archive.extractall(folder / "files")
    files = sorted(path for path in (folder / "files").rglob("*") if path.is_file())
    contents = [Content(path.relative_to(folder / "files").as_posix(), path, digests_of_file(path)) for path in files]
    store = FilesystemStore(folder / "store")
    packages = PackageStore(store, StandingClock())
    packages.init()
    package_id = _package_id(folder / "files" / "METS.xml")
    packages.write(package_id, contents, message="test", agent="test")
    stored = StoredPackages(packages, cast("Catalogue", None), EvidenceObjects(store))
    made = shelved(folder / "other", [Paper(("a.pdf",))])
    return replace(made, stored=stored, kept=(stored.record(package_id),))


def _package_id(mets: Path) -> str:
    return mets.read_text(encoding="utf-8").split('OBJID="urn:uuid:')[1].split('"')[0]


@pytest.mark.parametrize("shape", [Shape.TT05, Shape.EARK])
@pytest.mark.parametrize("kind", [ExportKind.SIP, ExportKind.AIP, ExportKind.DIP])
def test_it_leaves_and_holds_to_every_rule(shelf: Shelf, tmp_path: Path, kind: ExportKind, shape: Shape) -> None:
    assert shelf.kept[0].format_version == "luutru-aip 1.0"
    left = shelf.leave(tmp_path / "out", kind, Options(shape))
    originals = {file.sha256 for document in shelf.kept[0].documents for file in document.originals}
    assert originals
    assert originals <= {file.sha256 for file in left}
