"""Packages bent at random: every one is read to findings or to a dossier, and no path ever leaves the package."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.readers.eark.reader import PackageReader
from metadata.rules import message
from tests.fakes.deliveries import findings_of
from tests.fakes.workers import InlineWorkers
from tests.generators.eark_packages import CODE, Habits, Package
from tests.generators.examples import examples

FILES = (
    "METS.xml",
    "representations/rep1/METS.xml",
    "metadata/descriptive/EAD.xml",
    f"representations/rep1/metadata/descriptive/EAD_doc_{CODE}.0000001.xml",
    "metadata/preservation/PREMIS.xml",
)
PIECES = (
    *("../", "..\\", "/etc/passwd", "http://x/", "file:///", "%2e%2e/", "&#0;", "\0", "<", ">", '"', "'", "&x;", ""),
    *("<!DOCTYPE a>", "]]>", "<?pi?>", "<!--", "mets:", "xmlns=''", "ID=''", "href", "CHECKSUM", "SIZE", "é", "\u202e"),
    *(
        "<div>",
        "</div>",
        "<file>",
        "<fileGrp>",
        "</fileGrp>",
        "<mdWrap><xmlData>",
        "<simpledc>",
        "<object>",
        "-1",
        "9" * 30,
    ),
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sound") / "uuid-1"
    return Package(root, Habits(kind="AIP", premis=True)).lay_out().seal().root


@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 40)), min_size=1, max_size=4),
)
def test_a_bent_package_is_read_to_findings_or_a_dossier(
    sound: Path, tmp_path: Path, name: str, cuts: list[tuple[float, str, int]]
) -> None:
    root = tmp_path / "uuid-1"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(sound, root)
    text = (root / name).read_text(encoding="utf-8")
    for where, piece, gone in cuts:
        place = int(where * len(text))
        text = text[:place] + piece + text[place + gone :]
    (root / name).write_text(text, encoding="utf-8")
    delivery = PackageReader(InlineWorkers()).read(root, tmp_path / "room")
    found = findings_of(delivery)
    assert all(message(finding, language) for finding in found for language in ("vi", "en"))
    there = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    named = {path for dossier in delivery.dossiers for document in dossier.documents for path in document.files}
    assert named | set(delivery.sources) | set(delivery.claims) <= there
    assert delivery.dossiers or found
    delivery.model_validate_json(delivery.model_dump_json())
