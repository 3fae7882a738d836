"""Packages of earlier forms stay readable: these bytes were written by the program of their time and never change."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from metadata.package import FORMAT_VERSION, READABLE_FORMATS, PackageRecord
from metadata.package_check import check_package
from metadata.package_reader import read_package
from storage.backends.filesystem import FilesystemStore
from storage.packages import PackageStore
from tests.fakes.clocks import SteppingClock

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
PINNED = {
    "1.0": "e24edecd2dfb489a768a8dc310d461f706aa3bf499e331a35519eebb89082d6a",
    "1.1": "c6bc760d0bfeda1e981e9730152fe098b9ef6b64694ab3a70b804f36a79d9eb7",
}


def files_of(form: str) -> dict[str, bytes]:
    with zipfile.ZipFile(CORPUS / f"package-{form}.zip") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_there_is_a_kept_package_of_every_earlier_form() -> None:
    assert {f"luutru-aip {form}" for form in PINNED} == set(READABLE_FORMATS) - {FORMAT_VERSION}


@pytest.mark.parametrize("form", PINNED)
def test_the_kept_package_is_the_one_that_was_written_then(form: str) -> None:
    assert hashlib.sha256((CORPUS / f"package-{form}.zip").read_bytes()).hexdigest() == PINNED[form]


@pytest.mark.parametrize("form", PINNED)
def test_a_package_of_an_earlier_form_says_what_it_said_then(form: str) -> None:
    files = files_of(form)
    record = read_package(lambda path: io.BytesIO(files[path]), files)
    said = json.loads((CORPUS / f"package-{form}.json").read_text())
    assert record.format_version == f"luutru-aip {form}"
    assert record == PackageRecord.model_validate({**said, "format_version": record.format_version})


@pytest.mark.parametrize("form", PINNED)
def test_a_package_of_an_earlier_form_breaks_no_rule_of_today(form: str) -> None:
    files = files_of(form)
    assert check_package(lambda path: io.BytesIO(files[path]), files) == ()


def test_a_root_that_an_earlier_version_began_is_taken_and_left_as_it_is(storage_root: Path) -> None:
    store = FilesystemStore(storage_root)
    packages = PackageStore(store, SteppingClock())
    packages.init()
    layout = storage_root / "packages" / "ocfl_layout.json"
    earlier = layout.read_bytes().replace(FORMAT_VERSION.encode(), b"luutru-aip 1.0")
    layout.chmod(0o644)
    layout.write_bytes(earlier)
    packages.init()
    assert layout.read_bytes() == earlier
