"""The text review over HTTP: for programs, and as pages without any script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.auth.people import Grant, Label, Role
from archive.composition import Archive
from archive.settings import load_settings
from tests.generators.doubtful_pages import CLEAR, LINES, Kept, keep
from tests.generators.people import cookie, csrf, signed_in

OWN, FOREIGN = "H49.64", "X01"


@dataclass
class Desk:
    archive: Archive
    client: TestClient
    room: Path
    made: int = 0

    def keep(self, *papers: Any, agency: str = OWN) -> Kept:  # noqa: ANN401 - lines of pages of documents
        self.made += 1
        return keep(self.archive, self.room / str(self.made), papers or ((LINES, CLEAR, LINES),), agency=agency)

    def program(self, role: Role, agency: str = OWN, up_to: Label = Label.RESTRICTED) -> Mapping[str, str]:
        return signed_in(self.archive, f"{role.value}.{agency.lower()}.{up_to.value}", (Grant(role, agency, up_to),))

    def browser(self, role: Role, agency: str = OWN) -> TestClient:
        grants = (Grant(role, agency, Label.RESTRICTED),)
        cookies = dict(cookie(self.archive, f"web.{role.value}.{agency.lower()}", grants))
        return TestClient(self.client.app, base_url="http://127.0.0.1", cookies=cookies, follow_redirects=False)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("reviewing")
    settings = load_settings({"LUUTRU_HOME": str(folder / "home"), "LUUTRU_AGENCY": OWN, "LUUTRU_WORKERS": "1"})
    Archive.make(settings)
    with Archive(settings) as archive:
        archive.catalogue.add_agency(FOREIGN, "Cơ quan khác")
        with TestClient(make_application(archive), base_url="http://127.0.0.1") as client:
            yield Desk(archive, client, folder)


def address(kept: Kept, page: int = 1, ordinal: int = 1) -> str:
    return f"/api/v1/documents/{kept.package_id}/{ordinal}/pages/{page}/text"


def edit(text: str, old: str, new: str) -> dict[str, Any]:
    start = text.index(old)
    return {"start": start, "end": start + len(old), "text": new}


def test_a_program_corrects_a_page_upon_what_it_has_read(desk: Desk) -> None:
    kept, who = desk.keep(), desk.program(Role.ARCHIVIST)
    read = desk.client.get(address(kept), headers=who)
    assert (read.status_code, read.json()["reviewed"]) == (200, "")
    body = {"edits": [edit(read.json()["text"], "46/QÐ-UBNO", "45/QĐ-UBND")], "reason": "misread", "note": "mờ"}
    answer = desk.client.put(address(kept), headers={**who, "If-Match": read.headers["etag"]}, json=body)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["version"], said["reviewed"], said["already"], said["searchable"]) == (2, "corrected", False, True)
    assert "45/QĐ-UBND" in said["text"]
    again = desk.client.put(address(kept), headers={**who, "If-Match": read.headers["etag"]}, json=body)
    assert (again.status_code, again.json()["already"]) == (200, True)
    now = desk.client.get(address(kept), headers=who, params={"q": '"45/QĐ-UBND"'})
    assert now.headers["etag"] == answer.headers["etag"] != read.headers["etag"]
    hits = now.json()["hits"]
    old = next(word for word in kept.pages[0].words if kept.pages[0].text[word.start : word.end] == "46/QÐ-UBNO")
    assert {tuple(box) for hit in hits for box in hit["boxes"]} == {old.box}
    stale = desk.client.put(address(kept), headers={**who, "If-Match": read.headers["etag"]}, json={"confirmed": True})
    assert (stale.status_code, stale.json()["code"]) == (412, "text.changed")
    versions = desk.client.get(f"{address(kept)}/versions", headers=who).json()["items"]
    assert [(line["version"], line["kind"], line["reason"], line["note"], line["current"]) for line in versions] == [
        (1, "read", "", "", False),
        (2, "corrected", "misread", "mờ", True),
    ]
    assert versions[1]["by"] == "archivist.h49.64.restricted"
    first = desk.client.get(versions[0]["href"], headers=who).json()
    assert first["text"] == kept.pages[0].text
    back = desk.client.put(address(kept), headers={**who, "If-Match": now.headers["etag"]}, json={"version": 1})
    assert (back.status_code, back.json()["text"], back.json()["version"]) == (200, kept.pages[0].text, 3)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"edits": [{"start": 0, "end": 99_999, "text": "x"}]}, 400, "text.edit"),
        ({"edits": [{"start": 0, "end": 1, "text": "a\u202eb"}]}, 400, "text.edit"),
        ({"version": 9}, 404, "archive.not_found"),
        ({}, 400, "api.invalid"),
        ({"confirmed": True, "version": 1}, 400, "api.invalid"),
        ({"edits": [{"start": -1, "end": 1, "text": ""}]}, 400, "api.invalid"),
        ({"confirmed": True, "reason": "because"}, 400, "api.invalid"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    desk: Desk, body: dict[str, Any], status: int, code: str
) -> None:
    kept, who = desk.keep(), desk.program(Role.ARCHIVIST)
    read = desk.client.get(address(kept), headers=who)
    answer = desk.client.put(address(kept), headers={**who, "If-Match": read.headers["etag"]}, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert len(desk.archive.packages.versions(kept.package_id)) == 1


@pytest.mark.parametrize("seen", [{}, {"If-Match": "*"}])
def test_nobody_corrects_what_they_have_not_read(desk: Desk, seen: dict[str, str]) -> None:
    kept, who = desk.keep(), desk.program(Role.ARCHIVIST)
    answer = desk.client.put(address(kept), headers={**who, **seen}, json={"confirmed": True})
    assert (answer.status_code, answer.json()["code"]) == (428, "text.unseen")


def test_only_archivists_of_the_agency_correct_and_others_see_no_queue(desk: Desk) -> None:
    kept, foreign = desk.keep(), desk.keep(agency=FOREIGN)
    body, seen = {"confirmed": True}, {"If-Match": '"x"'}
    for role in (Role.READER, Role.AUDITOR, Role.HEAD):
        who = desk.program(role)
        assert desk.client.put(address(kept), headers={**who, **seen}, json=body).status_code == 403
        assert desk.client.get("/api/v1/text-reviews", headers=who).status_code == 403
        assert desk.client.get(f"{address(kept)}/versions", headers=who).status_code == 200
    stranger = desk.program(Role.ARCHIVIST, FOREIGN)
    assert desk.client.put(address(kept), headers={**stranger, **seen}, json=body).status_code == 404
    assert desk.client.get(f"{address(kept)}/versions", headers=stranger).status_code == 404
    assert desk.client.get(address(kept).removesuffix("text") + "picture", headers=stranger).status_code == 404
    mine = _queue(desk, desk.program(Role.ARCHIVIST))
    theirs = _queue(desk, stranger)
    assert kept.package_id in mine
    assert foreign.package_id not in mine
    assert foreign.package_id in theirs
    assert kept.package_id not in theirs


def _queue(desk: Desk, who: Mapping[str, str], **filters: str) -> dict[str, list[int]]:
    """All of the queue, page by page."""
    found: dict[str, list[int]] = {}
    counts: list[int] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        said = desk.client.get("/api/v1/text-reviews", headers=who, params={"limit": "2", **filters, **more}).json()
        for line in said["items"]:
            assert line["package_id"] not in found
            found[line["package_id"]] = line["pages"]
            counts.append(len(line["pages"]))
        cursor = said["next"]
        if cursor is None:
            assert counts == sorted(counts, reverse=True)
            return found


def test_what_is_labelled_too_closed_is_neither_listed_nor_corrected(desk: Desk) -> None:
    kept = desk.keep()
    low = desk.program(Role.ARCHIVIST, OWN, Label.INTERNAL)
    assert kept.package_id in _queue(desk, low)
    answer = desk.client.put(
        f"/api/v1/dossiers/{kept.package_id}/label",
        headers=signed_in(desk.archive),
        json={"label": "restricted", "reason": "thử"},
    )
    assert answer.is_success, answer.text
    read = desk.client.get(address(kept), headers=signed_in(desk.archive))
    seen = {"If-Match": read.headers["etag"]}
    refused = desk.client.put(address(kept), headers={**low, **seen}, json={"confirmed": True})
    assert refused.status_code == 404
    assert kept.package_id not in _queue(desk, low)


def test_the_picture_of_a_page_is_made_and_kept(desk: Desk) -> None:
    kept, who = desk.keep(), desk.program(Role.READER)
    place = address(kept, 3).removesuffix("text") + "picture"
    answer = desk.client.get(place, headers=who)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content[:3] == b"\xff\xd8\xff"
    assert desk.client.get(place, headers=who).content == answer.content
    assert desk.client.get(address(kept, 4).removesuffix("text") + "picture", headers=who).status_code == 404
    again = desk.client.get(place, headers={**who, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_picture_and_ranges_of_the_file_behind_it_are_one_look(desk: Desk) -> None:
    kept, who = desk.keep(), desk.program(Role.READER)
    document = f"/api/v1/documents/{kept.package_id}/1"
    file = next(one for one in desk.client.get(document, headers=who).json()["files"] if one["path"].endswith(".pdf"))

    def looks() -> list[Any]:
        asked = {"type": "access", "subject": kept.package_id, "limit": "200"}
        told = desk.client.get("/api/v1/audit-events", params=asked, headers=desk.program(Role.AUDITOR)).json()
        return [event["detail"] for event in told["items"]]

    before = looks()
    for path in (f"{document}/pages/1/picture", f"{document}/pages/2/picture", file["href"]):
        assert desk.client.get(path, headers={**who, "Range": "bytes=0-99"}).is_success
    assert looks()[len(before) :] == [{"what": "file", "ordinal": "1", "file": file["sha256"]}]


def test_marks_lie_on_the_words_of_the_query_and_nowhere_else(desk: Desk) -> None:
    kept, who = desk.keep(), desk.program(Role.READER)
    page = address(kept).removesuffix("text")
    desk.archive.indexing.catch_up()
    told = desk.client.get(f"{page}text", headers=who).json()
    word = next(one for one in told["words"] if len(told["text"][one["start"] : one["end"]]) > 2)
    typed = told["text"][word["start"] : word["end"]]
    hits = desk.client.get(f"{page}text", params={"q": typed}, headers=who).json()["hits"]
    boxes = [box for hit in hits for box in hit["boxes"]]
    answer = desk.client.get(f"{page}marks", params={"q": typed}, headers=who)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert boxes
    assert answer.text.count("<rect ") == len(boxes)
    assert f'x="{round(boxes[0][0] * 10_000)}" y="{round(boxes[0][1] * 10_000)}"' in answer.text
    nothing = desk.client.get(f"{page}marks", params={"q": "xyzzy"}, headers=who)
    assert (nothing.status_code, nothing.text.count("<rect ")) == (200, 0)
    beyond = address(kept, 9).removesuffix("text")
    assert desk.client.get(f"{beyond}marks", params={"q": typed}, headers=who).status_code == 404


# ---------------------------------------------------------------- pages


def _fields(page: str) -> dict[str, str]:
    """What a browser without scripts would send of the form of the review."""
    form = page.partition('id="review"')[2].partition("</form>")[0]
    told = re.findall(r'<input (?:type="hidden" )?name="([^"]+)"[^>]*?value="([^"]*)"', form)
    return {unescape(name): unescape(value) for name, value in told}


def test_a_browser_without_scripts_goes_from_page_to_page(desk: Desk) -> None:
    kept, browser = desk.keep(), desk.browser(Role.ARCHIVIST)
    listed = browser.get(f"/text-review?dossier={kept.package_id}")
    assert listed.status_code == 200
    first = f"/text-review/{kept.package_id}/1/1?dossier={kept.package_id}"
    assert unescape(listed.text).count(first) == 3
    page = browser.get(first)
    assert page.status_code == 200
    fields = _fields(page.text)
    word = next(name for name, value in fields.items() if name.startswith("word:") and value == "46/QÐ-UBNO")
    assert len([name for name in fields if name.startswith("word:")]) == 6
    secret = csrf(page.text)
    typed = {**fields, "csrf": secret, word: "45/QĐ-UBND", "do": "save", "reason": "misread", "note": ""}
    saved = browser.post(first, data=typed)
    third = f"/text-review/{kept.package_id}/1/3?dossier={kept.package_id}"
    assert (saved.status_code, saved.headers["location"]) == (303, f"{third}&said=corrected")
    again = browser.post(first, data={**typed, word: "47/QĐ-UBND"})
    assert again.status_code == 412
    assert "47/QĐ-UBND" in unescape(again.text)
    page = browser.get(third)
    done = browser.post(third, data={**_fields(page.text), "csrf": secret, "do": "confirm"})
    assert (done.status_code, done.headers["location"]) == (
        303,
        f"/text-review?dossier={kept.package_id}&said=confirmed",
    )
    assert "không còn trang nào" in browser.get(f"/text-review?dossier={kept.package_id}&lang=vi").text.lower()
    document = browser.get(f"/documents/{kept.package_id}/1").text
    assert f"/text-review/{kept.package_id}/1/1" in document


def test_the_whole_text_of_a_page_is_typed_where_no_word_is_known(desk: Desk) -> None:
    kept, browser = desk.keep((CLEAR,)), desk.browser(Role.ARCHIVIST)
    here = f"/text-review/{kept.package_id}/1/1"
    page = browser.get(here)
    assert "<textarea" in page.text
    secret = csrf(page.text)
    text = kept.pages[0].text.replace("dự án.", "dự án 2.\r\nĐiều 2.")
    sent = {**_fields(page.text), "csrf": secret, "do": "save", "text": text, "reason": "", "note": ""}
    answer = browser.post(here, data=sent)
    assert answer.status_code == 303
    now = desk.client.get(address(kept), headers=desk.program(Role.READER)).json()
    assert now["text"] == text.replace("\r\n", "\n")
    back = {"csrf": secret, "do": "restore", "version": "1", "tag": _fields(browser.get(here).text)["tag"]}
    assert browser.post(here, data=back).headers["location"] == f"{here}?said=restored"
    assert desk.client.get(address(kept), headers=desk.program(Role.READER)).json()["text"] == kept.pages[0].text


def test_who_may_not_correct_is_shown_no_way_to(desk: Desk) -> None:
    kept, browser = desk.keep(), desk.browser(Role.READER)
    assert browser.get("/text-review").status_code == 403
    assert browser.get(f"/text-review/{kept.package_id}/1/1").status_code == 403
    document = browser.get(f"/documents/{kept.package_id}/1")
    assert document.status_code == 200
    assert "/text-review" not in document.text
    assert desk.browser(Role.ARCHIVIST, FOREIGN).get(f"/text-review/{kept.package_id}/1/1").status_code == 404
