"""Whatever happens to the bytes of a package: it is told, or it is harmless; nothing ever breaks the reader."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.findings import Finding
from metadata.package import PackageBrokenError, PackageRecord
from metadata.package_check import check_package
from metadata.package_reader import read_package
from metadata.rules import rule
from tests.fakes.dossiers import PACKAGE_ID, Paper, dossier, package_stage
from tests.generators.examples import examples

pytestmark = pytest.mark.filterwarnings("error")
SEALED = "METS.xml"
"""Nothing inside the package seals the root METS: the inventory of storage does."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    item = dossier(tmp_path_factory.mktemp("work"), [Paper(("a.pdf",), text="chữ", rendition=True, signed=True)])
    part = package_stage().run(item).parts[0]
    return {file.path: (item.folder / file.source).read_bytes() for file in part.files}


def _checked(package: Mapping[str, bytes]) -> tuple[Finding, ...]:
    found = check_package(lambda path: io.BytesIO(package[path]), package.keys(), PACKAGE_ID)
    for finding in found:
        rule(finding.rule)
    return found


def _read(package: Mapping[str, bytes]) -> PackageRecord | None:
    try:
        return read_package(lambda path: io.BytesIO(package[path]), package.keys(), PACKAGE_ID)
    except PackageBrokenError as error:
        if not error.findings:
            raise
        return None


pieces = st.binary(max_size=6) | st.sampled_from(
    [
        b"<",
        b"&",
        b'"',
        b"</file>",
        b"<file/>",
        b"-1",
        b"99999999999999999999",
        b"\x00",
        b"&#0;",
        b"..",
        b"/",
        b"urn:uuid:",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(40), deadline=None)
@given(data=st.data(), cut=st.integers(0, 30), piece=pieces)
def test_a_change_inside_any_file_is_told_and_breaks_nothing(
    whole: Mapping[str, bytes], data: st.DataObject, cut: int, piece: bytes
) -> None:
    path = data.draw(st.sampled_from(sorted(whole)))
    start = data.draw(st.integers(0, len(whole[path])))
    changed = whole[path][:start] + piece + whole[path][start + cut :]
    package = {**whole, path: changed}
    found, record = _checked(package), _read(package)
    if path != SEALED and changed != whole[path]:
        assert {finding.subject for finding in found} >= {path}
    if record is not None and path != SEALED:
        assert record == _read(whole)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(20), deadline=None)
@given(data=st.data())
def test_files_that_are_lost_added_or_swapped_are_told(whole: Mapping[str, bytes], data: st.DataObject) -> None:
    names = sorted(whole)
    lost = data.draw(st.sets(st.sampled_from(names), max_size=3))
    added = data.draw(st.dictionaries(st.text("ab/.", min_size=1, max_size=8), st.binary(max_size=5), max_size=2))
    one, other = data.draw(st.sampled_from(names)), data.draw(st.sampled_from(names))
    package = {name: content for name, content in whole.items() if name not in lost}
    if one in package and other in package:
        package[one], package[other] = package[other], package[one]
    package |= {name: content for name, content in added.items() if name not in whole}
    found = _checked(package)
    assert bool(found) == (package != dict(whole))
    _read(package)
