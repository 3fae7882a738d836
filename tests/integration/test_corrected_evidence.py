"""Evidence of a dossier whose text was corrected: originals stay proven, the new version waits for its own batch."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from archive.composition import Archive
from archive.composition.correcting import text_corrections
from archive.composition.evidencing import evidence
from archive.composition.proving import proofs
from archive.services.text_corrections import Wanted
from metadata.page_corrections import Edit
from tests.fixtures.homes import LUUTRU
from tests.generators.doubtful_pages import Kept, keep


def _correct(archive: Archive, kept: Kept, old: str, new: str) -> None:
    texts = text_corrections(archive)
    state = texts.state(kept.package_id, 1, 1)
    start = state.text.text.index(old)
    edits = [Edit(start, start + len(old), new)]
    texts.act(Wanted(kept.package_id, 1, 1, seen=state.tag, author="lan.luutru", edits=edits))


def _checked(archive: Archive, *identifiers: str) -> list[tuple[str, bool | None]]:
    """Batches that were checked, and what came of it."""
    return [(finding.batch, finding.ok) for finding in evidence(archive).verify(identifiers)]


def test_what_was_stamped_before_a_correction_stays_proven_and_the_new_version_joins_the_next_batch(
    trusting_home: Archive, tmp_path: Path
) -> None:
    kept = keep(trusting_home, tmp_path / "room", agency=trusting_home.settings.agency)
    document = f"{kept.package_id}/1"
    (first,) = evidence(trusting_home).build()
    _correct(trusting_home, kept, "duyêt", "duyệt")
    assert _checked(trusting_home) == [(first.name, True), ("", None)]
    assert _checked(trusting_home, document) == [(first.name, True)]
    (second,) = evidence(trusting_home).build()
    assert _checked(trusting_home) == [(first.name, True), (second.name, True)]
    assert _checked(trusting_home, document) == [(first.name, True), (second.name, True)]


def test_a_corrected_document_is_proven_to_whoever_brings_own_anchors(trusting_home: Archive, tmp_path: Path) -> None:
    kept = keep(trusting_home, tmp_path / "room", agency=trusting_home.settings.agency)
    list(evidence(trusting_home).build())
    _correct(trusting_home, kept, "duyêt", "duyệt")
    (record,) = trusting_home.catalogue.records(kept.package_id)
    with proofs(trusting_home).opener(record, record.documents[0])() as stream:
        (tmp_path / "proof.zip").write_bytes(stream.read())
    anchors = tmp_path / "anchors"
    anchors.mkdir()
    (tmp_path / "root.der").rename(anchors / "root.der")
    done = subprocess.run(
        [str(LUUTRU), "verify", str(tmp_path / "proof.zip"), "--trust", str(anchors), "--json"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert json.loads(done.stdout.splitlines()[-1])["ok"] is True
