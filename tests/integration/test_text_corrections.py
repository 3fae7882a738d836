"""Corrections of texts: a new version of the package each, found at once, kept through every rebuild."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.auth.policy import ALL
from archive.catalogue.text_changes import Waiting
from archive.composition import Archive
from archive.composition.correcting import settle_texts, text_changes, text_corrections
from archive.dissemination.outgoing import ExportKind
from archive.services.text_corrections import TextChangedError, TextCorrections, Wanted
from archive.settings import load_settings
from metadata.package_check import check_package
from metadata.page_corrections import Edit, EditRefusedError
from metadata.text_events import Kind, Reason
from metadata.texts_io import iter_page_texts
from search.ports import SearchRequest
from tests.generators.doubtful_pages import CLEAR, LINES, Kept, keep


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    home = tmp_path_factory.mktemp("corrected") / "home"
    settings = load_settings({"LUUTRU_HOME": str(home), "LUUTRU_AGENCY": "H49.64", "LUUTRU_WORKERS": "1"})
    Archive.make(settings)
    with Archive(settings) as made:
        yield made


@pytest.fixture
def kept(archive: Archive, tmp_path: Path) -> Kept:
    return keep(archive, tmp_path / "room", ((LINES, CLEAR, LINES), (LINES,)))


@pytest.fixture
def texts(archive: Archive) -> TextCorrections:
    return text_corrections(archive)


def wanted(texts: TextCorrections, kept: Kept, page: int = 1, **what: object) -> Wanted:
    state = texts.state(kept.package_id, 1, page)
    said = {"seen": state.tag, "author": "lan.luutru", **what}
    return Wanted(kept.package_id, 1, page, **said)  # type: ignore[arg-type]


def corrected(texts: TextCorrections, kept: Kept, old: str, new: str, page: int = 1, **more: object) -> Wanted:
    text = texts.state(kept.package_id, 1, page).text.text
    start = text.index(old)
    return wanted(texts, kept, page, edits=[Edit(start, start + len(old), new)], **more)


def found(archive: Archive, kept: Kept, query: str) -> set[int]:
    """Documents of the dossier that a search finds; others have the same words."""
    hits = archive.indexing.search(SearchRequest(query, limit=1000)).hits
    return {hit.ordinal for hit in hits if hit.package_id == kept.package_id}


def test_a_correction_is_a_new_version_that_is_found_at_once(
    archive: Archive, texts: TextCorrections, kept: Kept
) -> None:
    before = {file.path: file.sha512 for file in archive.packages.files(kept.package_id)}
    assert found(archive, kept, '"45/QĐ-UBND"') == set()
    answer = texts.act(corrected(texts, kept, "46/QÐ-UBNO", "45/QĐ-UBND", reason=Reason.MISREAD, note="số mờ"))
    assert (answer.already, answer.searchable, answer.state.version) == (False, True, 2)
    assert found(archive, kept, '"45/QĐ-UBND"') == {1}
    places = archive.index.page_hits(f"{kept.package_id}/1", '"45/QĐ-UBND"')
    page, start, end = places[0]
    word = next(one for one in answer.state.text.words if one.start < end and start < one.end)
    assert page == 1
    old = next(one for one in kept.pages[0].words if kept.pages[0].text[one.start : one.end] == "46/QÐ-UBNO")
    assert (word.box, word.confidence) == (old.box, None)
    # Nothing but the text and what tells of it differs; the version before is there to the letter.
    after = {file.path: file.sha512 for file in archive.packages.files(kept.package_id)}
    changed = {path.rpartition("/")[2] for path in after if after[path] != before[path]}
    assert changed == {"METS.xml", "PREMIS_rep3.xml", f"{kept.file_code}.001.jsonl.zst"}
    assert after.keys() == before.keys()
    assert {file.path: file.sha512 for file in archive.packages.files(kept.package_id, "v1")} == before
    files = {file.path: file for file in archive.packages.files(kept.package_id)}
    broken = check_package(lambda path: archive.packages.open(files[path]), files, kept.package_id)
    assert broken == ()
    assert archive.fixity.check(kept.package_id).ok
    lines = [line for day in archive.ledger.days() for line in archive.ledger.lines(day)]
    assert [line.version for line in lines if line.id == kept.package_id] == ["v1", "v2"]


def test_who_did_it_when_and_why_is_told_by_package_and_trail(
    archive: Archive, texts: TextCorrections, kept: Kept
) -> None:
    answer = texts.act(corrected(texts, kept, "46/QÐ-UBNO", "45/QĐ-UBND", reason=Reason.MISREAD, note="số mờ"))
    (event,) = answer.state.history
    assert event.author == "lan.luutru"
    assert (event.correction.kind, event.correction.reason, event.correction.note, event.correction.stored) == (
        Kind.CORRECTED,
        Reason.MISREAD,
        "số mờ",
        "v2",
    )
    (told,) = [line for line in archive.trail.of([kept.package_id]) if line["type"] == "metadata modification"]
    assert told["agent"] == "person:lan.luutru"
    assert told["detail"] | {"made_at": ""} == {
        "document": "1",
        "kind": "corrected",
        "made_at": "",
        "page": "1",
        "reason": "misread",
        "text": event.path,
        "version": "v2",
    }


def test_the_queue_loses_what_was_corrected_or_found_right(
    archive: Archive, texts: TextCorrections, kept: Kept
) -> None:
    changes = text_changes(archive)
    mine = Waiting(dossier_id=kept.package_id)
    assert [(one.ordinal, list(one.pages)) for one in changes.doubtful(mine, 10, within=ALL)] == [(1, [1, 3]), (2, [1])]
    assert changes.count(mine, within=ALL) == (2, 3)
    texts.act(corrected(texts, kept, "duyêt", "duyệt"))
    assert [(one.ordinal, list(one.pages)) for one in changes.doubtful(mine, 10, within=ALL)] == [(1, [3]), (2, [1])]
    answer = texts.act(wanted(texts, kept, 3))
    assert answer.state.standing is Kind.CONFIRMED
    assert [(one.ordinal, list(one.pages)) for one in changes.doubtful(mine, 10, within=ALL)] == [(2, [1])]
    (summary,) = answer.state.document.texts
    assert (summary.corrected_pages, summary.confirmed_pages, summary.doubtful_pages) == ((1,), (3,), ())


def test_an_earlier_version_is_brought_back_and_none_is_lost(texts: TextCorrections, kept: Kept) -> None:
    first = texts.state(kept.package_id, 1, 1).text
    texts.act(corrected(texts, kept, "duyêt", "duyệt"))
    texts.act(corrected(texts, kept, "đựng", "dựng"))
    back = texts.act(wanted(texts, kept, version=1)).state
    assert (back.text, back.version, back.standing) == (first, 4, None)
    assert back.document.texts[0].doubtful_pages == (1, 3)
    assert "duyệt" in texts.at_version(back, 2).text
    assert "dựng" not in texts.at_version(back, 2).text
    assert "dựng" in texts.at_version(back, 3).text
    again = texts.act(wanted(texts, kept, version=3)).state
    assert (again.standing, again.document.texts[0].corrected_pages) == (Kind.CORRECTED, (1,))


def test_the_same_act_again_is_no_second_one(archive: Archive, texts: TextCorrections, kept: Kept) -> None:
    act = corrected(texts, kept, "duyêt", "duyệt")
    first, again = texts.act(act), texts.act(act)
    assert (first.already, again.already) == (False, True)
    assert first.state.tag == again.state.tag
    assert len(archive.packages.versions(kept.package_id)) == 2


def test_who_saw_an_older_page_is_refused(archive: Archive, texts: TextCorrections, kept: Kept) -> None:
    mine, theirs = corrected(texts, kept, "duyêt", "duyệt"), corrected(texts, kept, "đựng", "dựng", author="minh")
    texts.act(theirs)
    with pytest.raises(TextChangedError):
        texts.act(mine)
    assert len(archive.packages.versions(kept.package_id)) == 2


def test_edits_that_do_not_fit_are_refused_and_leave_nothing(
    archive: Archive, texts: TextCorrections, kept: Kept
) -> None:
    for edits in ([Edit(0, 10**6, "x")], [Edit(0, 2, "x"), Edit(1, 3, "y")], [Edit(0, 1, "a\u202eb")]):
        with pytest.raises(EditRefusedError):
            texts.act(wanted(texts, kept, edits=edits))
    assert len(archive.packages.versions(kept.package_id)) == 1
    assert settle_texts(archive) == 0


def test_many_correct_different_pages_of_one_dossier_at_once(archive: Archive, tmp_path: Path) -> None:
    kept = keep(archive, tmp_path / "many", ((LINES,) * 6,))
    texts = text_corrections(archive)
    acts = [corrected(texts, kept, "duyêt", f"duyệt{page}", page) for page in range(1, 7)]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(texts.act, acts))
    assert [answer.already for answer in answers] == [False] * 6
    assert len(archive.packages.versions(kept.package_id)) == 7
    now = [texts.state(kept.package_id, 1, page) for page in range(1, 7)]
    assert all(f"duyệt{page}" in state.text.text for page, state in enumerate(now, start=1))
    assert {state.version for state in now} == {2}
    archive.indexing.catch_up()
    assert found(archive, kept, "duyệt1 duyệt2 duyệt3 duyệt4 duyệt5 duyệt6") == {1}


def test_corrections_outlive_a_rebuild_of_catalogue_and_index(
    archive: Archive, texts: TextCorrections, kept: Kept
) -> None:
    texts.act(corrected(texts, kept, "46/QÐ-UBNO", "45/QĐ-UBND"))
    texts.act(wanted(texts, kept, 3))
    before = archive.catalogue.records(kept.package_id)
    row = archive.catalogue.dossier(kept.package_id, within=ALL)
    answer = archive.rebuilding.rebuild()
    assert (answer.lost, answer.not_in_ledger, answer.unreadable) == ([], [], {})
    assert archive.catalogue.records(kept.package_id) == before
    assert archive.catalogue.dossier(kept.package_id, within=ALL) == row
    archive.indexing.rebuild()
    assert found(archive, kept, '"45/QĐ-UBND"') == {1}
    state = texts.state(kept.package_id, 1, 3)
    assert (state.standing, state.document.texts[0].doubtful_pages) == (Kind.CONFIRMED, ())


class Dying:
    """In the place of a part: the process ends when it is asked for anything."""

    def __getattr__(self, name: str) -> object:
        raise Ended(name)


class Ended(BaseException):
    """The process is no more."""


def test_what_a_process_stored_before_it_died_is_entered_by_the_next(
    archive: Archive, texts: TextCorrections, kept: Kept
) -> None:
    act = corrected(texts, kept, "46/QÐ-UBNO", "45/QĐ-UBND")
    dying = text_corrections(archive)
    dying._ledger = Dying()  # type: ignore[assignment]
    with pytest.raises(Ended):
        dying.act(act)
    assert len(archive.packages.versions(kept.package_id)) == 2
    assert text_changes(archive).known(kept.package_id).version == "v1"
    assert settle_texts(archive) == 1
    assert text_changes(archive).known(kept.package_id).version == "v2"
    archive.indexing.catch_up()
    assert found(archive, kept, '"45/QĐ-UBND"') == {1}
    assert texts.act(act).already
    assert settle_texts(archive) == 0


def test_what_was_entered_and_not_indexed_is_found_after_the_next_look(
    archive: Archive, texts: TextCorrections, kept: Kept
) -> None:
    dying = text_corrections(archive)
    dying._index = Dying  # type: ignore[assignment]
    with pytest.raises(Ended):
        dying.act(corrected(texts, kept, "46/QÐ-UBNO", "45/QĐ-UBND"))
    assert found(archive, kept, '"45/QĐ-UBND"') == set()
    archive.indexing.catch_up()
    assert found(archive, kept, '"45/QĐ-UBND"') == {1}


def test_what_leaves_has_the_corrected_text_and_says_so(
    archive: Archive, texts: TextCorrections, kept: Kept, tmp_path: Path
) -> None:
    identifier = f"{kept.package_id}/1"
    (before,) = archive.dissemination.export(identifier, ExportKind.TEXT, tmp_path / "before.txt", operator="lan")
    texts.act(corrected(texts, kept, "46/QÐ-UBNO", "45/QĐ-UBND"))
    texts.act(wanted(texts, kept, 3))
    (after,) = archive.dissemination.export(identifier, ExportKind.TEXT, tmp_path / "after.txt", operator="lan")
    assert (before.more, after.more) == ({}, {"corrected_pages": [1], "confirmed_pages": [3]})
    assert "45/QĐ-UBND" in (tmp_path / "after.txt").read_text(encoding="utf-8").split("\f")[0]
    target = tmp_path / "aip.zip"
    list(archive.dissemination.export(kept.package_id, ExportKind.AIP, target, operator="lan"))
    with zipfile.ZipFile(target) as packed:
        (text,) = [name for name in packed.namelist() if name.endswith("001.jsonl.zst")]
        (page, *_) = iter_page_texts(io.BytesIO(packed.read(text)))
        told = [packed.read(name) for name in packed.namelist() if "PREMIS" in name]
    assert "45/QĐ-UBND" in page.text
    assert any(b"metadata modification" in premis and b"person:lan.luutru" in premis for premis in told)
