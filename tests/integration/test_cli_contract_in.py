"""The contract of the command line, the way in: check, ingest, jobs, approve, return. Real processes, real homes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fixtures.homes import BAD, GOOD, Answer, CommandLine, Filled, mixed_delivery
from tests.generators.deliveries import Made, PaperMill

pytestmark = pytest.mark.xdist_group("cli-home")

NewHome = Callable[..., CommandLine]
Deliver = Callable[..., Made]

INGEST_KEYS = {
    "submission_id",
    "path",
    "status",
    "already",
    "package_id",
    "file_code",
    "documents",
    "findings",
    "receipt",
}
JOB_KEYS = {"job_id", "kind", "status", "stage", "done", "total", "error"}


def rules(line: dict[str, object]) -> set[str]:
    findings = line["findings"]
    assert isinstance(findings, list)
    return {finding["rule"] for finding in findings if finding["severity"] == "error"}


# ------------------------------------------------------------ ingest


def test_good_dossiers_are_archived_beside_rejected_ones(filled: Filled) -> None:
    assert filled.exit_code == 3
    assert [line["file_code"] for line in filled.answers] == [GOOD, BAD]
    assert {line["submission_id"] for line in filled.answers} == {filled.good["submission_id"]}
    assert (filled.good["status"], filled.good["already"], filled.good["documents"]) == ("archived", False, 3)
    assert (filled.bad["status"], filled.bad["package_id"]) == ("rejected", None)


def test_every_line_has_the_keys_of_the_contract(filled: Filled) -> None:
    for line in filled.answers:
        assert line.keys() >= INGEST_KEYS
        assert line["path"] == str(filled.delivery)
        for finding in line["findings"]:
            assert finding.keys() >= {"rule", "severity", "subject", "message"}
            assert finding["severity"] in {"error", "warning"}


def test_every_broken_rule_of_a_dossier_is_told_at_once(filled: Filled) -> None:
    errors = [finding for finding in filled.bad["findings"] if finding["severity"] == "error"]
    assert len({finding["rule"] for finding in errors}) == 2, errors
    assert any(finding.get("row") == 5 for finding in errors)


def test_the_receipt_counts_what_came_in_and_names_what_was_refused(filled: Filled) -> None:
    path = Path(filled.good["receipt"])
    receipt = json.loads(path.read_bytes())
    taken = {entry["path"]: entry["sha512"] for entry in receipt["files"]}
    assert {f"{GOOD}/{GOOD}.00{number}.{kind}" for number, kind in ((1, "pdf"), (2, "pdf"), (3, "wav"))} <= set(taken)
    assert f"{BAD}/{BAD}.002.pdf" not in taken
    assert path.with_suffix(".html").read_text(encoding="utf-8").startswith("<!")


def test_the_same_delivery_again_answers_as_the_first_time(filled: Filled) -> None:
    good, bad = filled.command.json("ingest", filled.delivery, code=3)
    assert (good["status"], good["already"], good["package_id"]) == ("archived", True, filled.package_id)
    assert good["submission_id"] == filled.good["submission_id"]
    assert good["findings"] == filled.good["findings"]
    assert (bad["status"], bad["already"]) == ("rejected", False)
    assert rules(bad) == rules(filled.bad)


def test_the_same_code_with_other_content_is_rejected(filled: Filled, tmp_path: Path, mill: PaperMill) -> None:
    other = mixed_delivery(tmp_path / "other", mill)
    (other / GOOD / f"{GOOD}.001.pdf").write_bytes(mill.paper(77, 1))
    before = filled.command.json("show", filled.package_id)
    for line in (
        filled.command.json("check", other, code=3)[0],
        filled.command.json("ingest", other, code=3)[0],
    ):
        assert (line["status"], line["file_code"], line["package_id"]) == ("rejected", GOOD, None)
        assert rules(line) == {"SUB-001"}
    assert filled.command.json("show", filled.package_id) == before


def test_the_same_code_of_another_agency_is_another_dossier(
    new_home: NewHome, deliver: Deliver, tmp_path: Path, mill: PaperMill
) -> None:
    command, made = new_home(), deliver(dossiers=1, documents=1)
    first = command.json("ingest", made.path)[0]
    other = command.json("ingest", made.path, "--agency", "H49.65")[0]
    assert (other["status"], other["already"]) == ("archived", False)
    assert other["package_id"] != first["package_id"]


def test_what_is_no_delivery_is_a_wrong_call_and_the_others_go_on(filled: Filled, tmp_path: Path) -> None:
    lines = filled.command.json("ingest", tmp_path / "nowhere", filled.delivery, code=3)
    assert [line["status"] for line in lines] == ["archived", "rejected"]
    assert filled.command.run("ingest", tmp_path / "nowhere", "--json").code == 2


def test_an_empty_folder_is_rejected_with_its_rule(filled: Filled, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    line = filled.command.json("ingest", tmp_path / "empty", code=3)[0]
    assert line["status"] == "rejected"
    assert rules(line)


# ------------------------------------------------------------ check


def test_check_tells_what_ingest_would_refuse(filled: Filled, tmp_path: Path) -> None:
    command = CommandLine(tmp_path / "no-home")
    good, bad = command.json("check", filled.delivery, code=3)
    assert (good["status"], bad["status"]) == ("acceptable", "rejected")
    assert rules(bad) == rules(filled.bad)
    assert good.keys() >= INGEST_KEYS
    assert not command.home.exists(), "check keeps nothing, not even a home"


def test_a_check_of_the_sheet_alone_opens_no_file(filled: Filled, tmp_path: Path) -> None:
    delivery = shutil.copytree(filled.delivery, tmp_path / "copy")
    program = delivery / BAD / f"{BAD}.002.pdf"
    command = CommandLine(tmp_path / "no-home")
    _, bad = command.json("check", delivery, "--sheet-only", code=3)
    assert rules(bad) < rules(filled.bad), "the missing file is seen, the program is not"
    program.unlink()


def test_a_checked_home_is_unchanged(filled: Filled) -> None:
    def seen() -> set[tuple[str, int]]:
        places = (filled.command.home / name for name in ("storage", "receipts", "work/jobs"))
        return {(str(path), path.stat().st_size) for place in places for path in place.rglob("*") if path.is_file()}

    before = seen()
    filled.command.json("check", filled.delivery, code=3)
    assert seen() == before


# ------------------------------------------------------------ jobs


def test_without_waiting_a_delivery_is_safe_before_it_is_archived(new_home: NewHome, deliver: Deliver) -> None:
    command, made = new_home(), deliver(dossiers=1, documents=2)
    line = command.json("ingest", made.path, "--no-wait")[0]
    assert line["status"] == "received"
    (job,) = command.json("jobs")
    assert job.keys() >= JOB_KEYS
    assert job["status"] in {"waiting", "running"}
    shutil.rmtree(made.path)
    done, *waiting = command.json("jobs", "--wait")
    assert (done["status"], done["error"]) == ("done", None)
    assert [(job["kind"], job["status"]) for job in waiting] == [("evidence", "waiting")]
    assert command.json("jobs", done["job_id"]) == [done]
    assert command.json("search", "phe duyet ke hoach")[0]["file_code"] == made.codes[0]


def test_two_processes_on_one_home_archive_each_dossier_once(new_home: NewHome, deliver: Deliver) -> None:
    command = new_home()
    first, second = deliver("first", dossiers=2, documents=1), deliver("second", dossiers=2, documents=1, first=11)
    started = [command.start("ingest", made.path, "--json") for made in (first, second, first)]
    answers = []
    for process in started:
        out, err = process.communicate()
        answers.append(Answer(process.returncode, out, err))
    assert [answer.code for answer in answers] == [0, 0, 0], answers
    packages = [[line["package_id"] for line in answer.lines] for answer in answers]
    assert packages[0] == packages[2]
    assert len({*packages[0], *packages[1]}) == 4
    assert sum(not line["already"] for answer in (answers[0], answers[2]) for line in answer.lines) == 2
    assert {line["ok"] for line in command.json("fixity", "check", "--all")} == {True}


# ------------------------------------------------------------ approval


def test_a_separate_approval_decides(new_home: NewHome, deliver: Deliver) -> None:
    command, made = new_home(LUUTRU_INTAKE__APPROVAL="separate"), deliver(dossiers=2, documents=1)
    waiting = command.json("ingest", made.path)
    assert {line["status"] for line in waiting} == {"awaiting_approval"}
    assert command.json("search", "ke hoach") == []
    again = command.json("ingest", made.path)
    assert {line["status"] for line in again} == {"awaiting_approval"}
    submission = waiting[0]["submission_id"]
    approved = command.json("approve", submission)
    assert [(line["status"], line["submission_id"]) for line in approved] == [("archived", submission)] * 2
    assert command.run("approve", submission, "--json").code == 2, "nothing of it awaits approval any more"


def test_what_is_returned_may_come_again_changed(new_home: NewHome, deliver: Deliver) -> None:
    command, made = new_home(LUUTRU_INTAKE__APPROVAL="separate"), deliver(dossiers=1, documents=1)
    submission = command.json("ingest", made.path)[0]["submission_id"]
    assert command.run("return", submission).code == 2, "a reason must be given"
    (line,) = command.json("return", submission, "--reason", "Thiếu tờ trình")
    assert (line["status"], line["package_id"]) == ("returned", None)
    assert command.run("return", submission, "--reason", "x", "--json").code == 2
    other = deliver("again", dossiers=1, documents=2)
    (second,) = command.json("ingest", other.path)
    assert second["status"] == "awaiting_approval"
    assert command.json("approve", second["submission_id"])[0]["status"] == "archived"
