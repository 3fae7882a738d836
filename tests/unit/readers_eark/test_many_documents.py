"""A package of so many documents that they are packed is read like one of few."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.eark.layout import natural
from ingest.readers.eark.places import Names, plain
from ingest.readers.eark.reader import PackageReader
from metadata.compact import BLOCK, MANY, PackedMapping, PackedSequence
from metadata.rules import errors_of
from tests.fakes.workers import InlineWorkers
from tests.generators.eark_packages import Habits, Package, document_fields

NAME = "uuid-MANY"
DOCUMENTS = MANY + BLOCK // 2


def made(root: Path, documents: int) -> Path:
    package = Package(root / NAME, Habits(kind="AIP", premis=True, full=True))
    package.documents = [document_fields(ordinal) for ordinal in range(1, documents + 1)]
    package.lay_out().seal()
    return root / NAME


def test_many_documents_are_packed_and_described_joined_and_claimed_like_few(tmp_path: Path) -> None:
    """What it costs is measured by `bench/metadata.py --section package`."""
    root = made(tmp_path, DOCUMENTS)
    delivery = PackageReader(InlineWorkers()).read(root, tmp_path / "room")
    (dossier,) = delivery.dossiers
    assert isinstance(dossier.documents, PackedSequence)
    assert isinstance(delivery.claims, PackedMapping)
    assert len(delivery.claims) == 2 * DOCUMENTS + 8
    assert errors_of(delivery.dossier_findings[dossier.file_code]) == ()
    for ordinal, document in enumerate(dossier.documents, start=1):
        said = document_fields(ordinal)
        assert document.ordinal == ordinal
        assert document.written("subject") == said["subject"]
        assert document.written("code_number") == said["codeNumber"]
        assert document.value("type_name") == "Quyết định"
        (path,) = document.files
        assert path.endswith(f".{ordinal:07d}.pdf")
        (claim,) = delivery.claims[path]
        data = (root / path).read_bytes()
        assert claim.digests == {"SHA-256": hashlib.sha256(data).hexdigest()}


@given(st.lists(st.text("ab/._0019٣Ủ-", max_size=7)))
def test_paths_are_sorted_with_their_numbers_as_numbers(paths: list[str]) -> None:
    def parts(path: str) -> list[tuple[int, int, str]]:
        split = [part for part in re.split(r"(\d+)", path) if part]
        return [(0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in split]

    assert sorted(paths, key=natural) == sorted(paths, key=parts)


@given(st.lists(st.text("aA/:_ẵ\u0306", max_size=5), unique=True), st.text("aA/:_ẵ\u0306", max_size=5))
def test_files_are_found_by_names_that_are_kept_nowhere(paths: list[str], name: str) -> None:
    names = Names(paths, lambda path: (plain(path), plain(path.rpartition("/")[2])))
    wanted = [path for path in paths if plain(name) in {plain(path), plain(path.rpartition("/")[2])}]
    assert names.of(plain(name)) == wanted
