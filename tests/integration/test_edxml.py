"""Messages of the national document exchange by the real command: in, judged, shown, answered, and not given back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from archive.api.application import make_application
from archive.composition import Archive
from archive.settings import load_settings
from tests.fixtures.homes import CommandLine, made_home
from tests.fixtures.xml_signing import reference, signature
from tests.generators.deliveries import PaperMill
from tests.generators.edxml import BKAV, IOFFICE, VOFFICE, File, Letter, files_of, identifier, message, status
from tests.generators.people import signed_in

pytestmark = pytest.mark.xdist_group("edxml-home")

ASKED = Letter(number="15")
CHANGED = Letter(number="501")
PLACE_OF_ASKED = "1"


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def with_file(letter: Letter, data: bytes) -> Letter:
    return replace(letter, files=(File(f"cv {letter.number}.pdf", data),))


def signed(letter: Letter, mill: PaperMill, *, by: Letter | None = None) -> Letter:
    """The letter with a signature over the attachments (of another one), a reference by `cid:` each."""
    led = [reference(f"cid:{file.content_id}", file.data) for file in files_of(by or letter)]
    return replace(letter, signature=signature(led, mill.pki.people["leader"]))


def rules_of(line: Mapping[str, Any]) -> set[str]:
    return {finding["rule"] for finding in line["findings"]}


@dataclass(frozen=True)
class Received:
    """A home that took in messages: a signed one with its answer, one whose attachment was changed, a broken one."""

    command: CommandLine
    folder: Path
    code: int
    answers: Mapping[str, dict[str, Any]]
    """By dossier."""

    @property
    def good(self) -> dict[str, Any]:
        return self.answers["H99.01.2026.15-SVD-VP"]

    @property
    def submission_id(self) -> str:
        return str(self.good["submission_id"])


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Received:
    folder = tmp_path_factory.mktemp("edxml")
    command = made_home(folder / "home", mill)
    asked = signed(with_file(ASKED, mill.paper(15, 1)), mill)
    answer = Letter(number="16", day="2026-03-09", sender="H99.02", replies_to=(identifier(ASKED, IOFFICE),))
    other = with_file(CHANGED, mill.paper(501, 1, signed=False))
    changed = signed(with_file(CHANGED, mill.paper(502, 1, signed=False)), mill, by=other)
    delivery = written(
        folder / "goi-tin",
        {
            "1.edxml": message(asked, IOFFICE),
            "2.xml": message(answer, VOFFICE),
            "3.edxml": message(Letter(number="77", files=(File("x.pdf", b"", encoded="@@@@"),))),
            "4.edxml": message(changed, BKAV),
        },
    )
    answered = command.run("ingest", delivery, "--json")
    return Received(command, delivery, answered.code, {line["file_code"]: line for line in answered.lines})


def test_good_messages_are_archived_beside_a_broken_one_and_kept_to_the_byte(received: Received) -> None:
    assert received.code == 3
    told = {code: line["status"] for code, line in received.answers.items()}
    assert told == {
        "H99.01.2026.15-SVD-VP": "archived",
        "H99.01.2026.77-SVD-VP": "rejected",
        "H99.01.2026.501-SVD-VP": "archived",
    }
    (shown,) = received.command.json("show", received.good["package_id"])
    kept = {Path(file["original_name"]).name: file["sha256"] for file in shown["sources"]}
    assert kept == {
        name: hashlib.sha256((received.folder / name).read_bytes()).hexdigest() for name in ("1.edxml", "2.xml")
    }
    assert [document["number"] for document in shown["documents"]] == ["15/SVD-VP", "16/SVD-VP"]
    (verdict,) = shown["verdicts"]
    assert verdict["path"].endswith("1.edxml"), "the signature of the message itself"
    assert (verdict["indication"], verdict["coverage"]) == ("INDETERMINATE", "partial"), "no revocation data was had"
    assert any(reason.startswith("known-part: edXML message") for reason in verdict["reasons"])
    judged = [event for event in shown["events"] if verdict["path"] in event.get("objects", {})]
    assert "digital signature validation" in {event["type"] for event in judged}, "PREMIS tells of it too"
    (first,) = received.command.json("show", f"{received.good['package_id']}/{PLACE_OF_ASKED}")
    assert first["metadata"]["trace"]["value"].startswith("2026-03-05 09:30:00 H99.01\n")
    assert len(first["verdicts"]) == 1, "the signature of the document"


def test_a_package_that_leaves_brings_the_trail_that_it_speaks_of(received: Received, tmp_path: Path) -> None:
    lines = received.command.json("export", received.good["package_id"], "--as", "sip", "-o", tmp_path / "goi")
    came = {hashlib.sha256((received.folder / name).read_bytes()).hexdigest() for name in ("1.edxml", "2.xml")}
    left = {line["sha256"] for line in lines if "/documentation/process/" in line["path"]}
    assert left == came
    assert any("<process>1</process>" in path.read_text() for path in tmp_path.rglob("EAD_doc_*.xml"))
    (again,) = received.command.json("check", *(tmp_path / "goi").iterdir(), code=3)
    wrong = {finding["rule"] for finding in again["findings"] if finding["severity"] == "error"}
    assert wrong == {"SUB-001"}, "the dossier is here already, and nothing else is wrong with its package"


def test_a_changed_attachment_breaks_the_signature_of_its_message_and_it_is_kept_all_the_same(
    received: Received,
) -> None:
    line = received.answers["H99.01.2026.501-SVD-VP"]
    assert [finding["subject"] for finding in line["findings"] if finding["rule"] == "SIG-001"] == ["4.edxml"]
    (shown,) = received.command.json("show", line["package_id"])
    assert [verdict["subindication"] for verdict in shown["verdicts"]] == ["HASH_FAILURE"]
    assert "HASH_FAILURE" in received.command.run("show", line["package_id"]).out


def test_senders_are_told_and_our_own_reader_understands_what_they_are_told(
    received: Received, tmp_path: Path, mill: PaperMill
) -> None:
    first = received.command.json("edxml", "status", received.submission_id, "-o", tmp_path / "a")
    again = received.command.json("edxml", "status", received.submission_id, "-o", tmp_path / "b")
    told = {line["message"]: line["status"] for line in first}
    assert told == {"1.edxml": "06", "2.xml": "06", "3.edxml": "02", "4.edxml": "06"}
    assert [line["sha256"] for line in again] == [line["sha256"] for line in first], "the same state, the same bytes"
    for line in first:
        data = Path(line["path"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (line["sha256"], line["bytes"])
    refused = next(Path(line["path"]).read_text("utf-8") for line in first if line["status"] == "02")
    assert "Từ chối tiếp nhận. EDX-010: " in refused
    back = {"1.edxml": message(with_file(ASKED, mill.paper(15, 1)), IOFFICE)}
    back["tt.edxml"] = Path(next(line["path"] for line in first if line["message"] == "1.edxml")).read_bytes()
    (checked,) = received.command.json("check", written(tmp_path / "goi", back), "--sheet-only")
    assert [finding["value"] for finding in checked["findings"] if finding["rule"] == "EDX-040"] == ["06"]


@pytest.mark.rule("EDX-050", "EDX-051")
def test_what_is_archived_is_not_given_back_and_what_is_not_is_left_to_the_archivist(
    received: Received, tmp_path: Path
) -> None:
    recall = Letter(number="15", business="1", about=identifier(ASKED, IOFFICE), document_id="th", files=())
    asked = {
        "13.edxml": status("13", about=ASKED, habit=IOFFICE, sender="H99.01"),
        "15.edxml": status("15", about=ASKED, habit=IOFFICE, sender="H99.01"),
        "16.edxml": status("16", about=ASKED, habit=IOFFICE, sender="H99.01"),
        "thu-hoi.edxml": message(recall, IOFFICE),
        "la.edxml": status("13", about=Letter(number="404")),
    }
    (line,) = received.command.json("ingest", written(tmp_path / "lay-lai", asked), code=3)
    place = f"{received.good['package_id']}/{PLACE_OF_ASKED}"
    refused = {found["subject"] for found in line["findings"] if found["rule"] == "EDX-050"}
    assert refused == {"13.edxml", "15.edxml", "thu-hoi.edxml"}
    assert all(place in found["message"] for found in line["findings"] if found["rule"] == "EDX-050")
    assert [found["subject"] for found in line["findings"] if found["rule"] == "EDX-051"] == ["la.edxml"]
    answers = received.command.json("edxml", "status", line["submission_id"], "-o", tmp_path / "tt")
    assert {(answer["message"], answer["status"]) for answer in answers} == {(name, "16") for name in refused}
    for answer in answers:
        assert answer["document_id"] == identifier(ASKED, IOFFICE)
        assert "Luật Lưu trữ 33/2024/QH15 (Điều 16)" in Path(answer["path"]).read_text("utf-8")
    events = [e for e in received.command.json("audit", "export") if e["type"] == "refusal" and e["subject"] == place]
    assert len(events) == 3
    assert all(event["rules"] == ["EDX-050"] and event["outcome"] == "rejected" for event in events)
    assert {event["detail"]["submission"] for event in events} == {line["submission_id"]}
    (shown,) = received.command.json("show", place)
    assert shown["kind"] == "document", "it is still there"


def test_an_unknown_submission_is_not_found(received: Received, tmp_path: Path) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    assert received.command.run("edxml", "status", unknown, "-o", tmp_path / "x").code == 5


def test_a_message_of_secrets_leaves_nothing_behind(received: Received, tmp_path: Path) -> None:
    secret = Letter(number="900", subject="Hầm Bạch Mai", more="<edXML:DoMat>Tối mật</edXML:DoMat>")
    (line,) = received.command.json("ingest", written(tmp_path / "mat", {"1.edxml": message(secret)}), code=3)
    assert rules_of(line) == {"SEC-001"}
    kept = (path for path in received.command.home.rglob("*") if path.is_file())
    assert [path for path in kept if "Bạch Mai".encode() in path.read_bytes()] == []


@pytest.mark.server
def test_malware_is_found_in_the_decoded_attachment(
    received: Received, tmp_path: Path, clamd_socket: str, eicar: bytes
) -> None:
    letter = Letter(number="13", files=(File("a.txt", eicar, type="text/plain"),))
    delivery = written(tmp_path / "doc-hai", {"1.edxml": message(letter, IOFFICE)})
    scanning = received.command.having(LUUTRU_INTAKE__CLAMD=clamd_socket)
    (line,) = scanning.json("check", delivery, code=3)
    assert "1.edxml.tep/a.txt" in {found["subject"] for found in line["findings"] if found["rule"] == "ING-040"}


def test_senders_are_told_over_http_with_the_same_bytes(received: Received, tmp_path: Path) -> None:
    by_command = received.command.json("edxml", "status", received.submission_id, "-o", tmp_path / "a")
    options = load_settings({"LUUTRU_HOME": str(received.command.home), "LUUTRU_WORKERS": "1"})
    with Archive(options) as archive, TestClient(make_application(archive), base_url="http://127.0.0.1") as client:
        client.headers.update(signed_in(archive))
        address = f"/api/v1/submissions/{received.submission_id}/statuses"
        items: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = client.get(address, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                break
        assert client.get(address.replace(received.submission_id[:8], "0" * 8)).status_code == 404
    assert [item["sha256"] for item in items] == [line["sha256"] for line in by_command]
    assert [item["xml"].encode() for item in items] == [Path(line["path"]).read_bytes() for line in by_command]
