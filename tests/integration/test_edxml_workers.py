"""Messages through real worker processes: flat memory however large they are, and nothing hostile ends the archive."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from ingest.readers.edxml.opening import MEMORY_MIB
from ingest.readers.edxml.reader import EdxmlReader
from ingest.readers.folder import FolderReader
from ingest.workers.pool import WorkerPool
from metadata.descriptions import Delivery
from tests.generators.edxml import IOFFICE, File, Letter, message

MARK = "QUJDRA=="
LARGE_MIB = 200


def read(pool: WorkerPool, folder: Path) -> Delivery:
    return EdxmlReader(pool, FolderReader(pool)).read(folder, folder.with_name("room"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "goi-tin"
    made.mkdir()
    return made


def test_a_message_far_larger_than_the_workers_memory_is_read_in_it(worker_pool: WorkerPool, folder: Path) -> None:
    """The pool ends a worker that takes more than `MEMORY_MIB`; header, base64 and bytes together are twice that."""
    before, _, after = message(Letter(files=(File("lon.bin", b"", encoded=MARK),))).partition(MARK.encode())
    piece = bytes(range(256)) * (3 << 12)
    text, digest, size = base64.b64encode(piece), hashlib.sha256(), 0
    with (folder / "lon.edxml").open("wb") as out:
        out.write(before)
        while size * 4 // 3 < LARGE_MIB << 20:
            out.write(text)
            digest.update(piece)
            size += len(piece)
        out.write(after)
    assert 7 * size // 3 > MEMORY_MIB << 20
    found = read(worker_pool, folder)
    (document,) = found.dossiers[0].documents
    decoded = Path(found.root) / document.files[0]
    assert decoded.stat().st_size == size
    with decoded.open("rb") as stream:
        assert hashlib.file_digest(stream, "sha256").digest() == digest.digest()
    assert {finding.rule for finding in found.dossier_findings[found.dossiers[0].file_code]} == {"EDX-030"}


def test_ordinary_and_hostile_messages_side_by_side(worker_pool: WorkerPool, folder: Path) -> None:
    entities = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 12))
    bomb = Letter(number="2", doctype=f'<!DOCTYPE x [<!ENTITY b0 "bom">{entities}]>', subject="S")
    (folder / "1.edxml").write_bytes(message(Letter(), IOFFICE))
    (folder / "2.edxml").write_bytes(message(bomb).replace(b"<edXML:Subject>S<", b"<edXML:Subject>&b11;<"))
    (folder / "3.edxml").write_bytes(message(Letter(number="3"))[:-99])
    found = read(worker_pool, folder)
    rules = {code: {finding.rule for finding in own} for code, own in found.dossier_findings.items()}
    assert rules == {
        "H99.01.2026.15-SVD-VP": {"EDX-030", "EDX-016"},
        "2": {"EDX-030", "EDX-002"},
        "3": {"EDX-030", "EDX-001"},
    }
    (document,) = next(dossier.documents for dossier in found.dossiers if dossier.documents)
    assert (Path(found.root) / document.files[0]).read_bytes().startswith(b"%PDF-")
