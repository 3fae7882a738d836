"""A home without trust takes deliveries; what was judged without enough is judged again, and the package stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fixtures.homes import CommandLine
from tests.generators.deliveries import Made, PaperMill


def verdicts(command: CommandLine, package_id: str) -> set[str]:
    return {document["verdict"] for document in command.json("show", package_id)[0]["documents"]}


def duties(command: CommandLine, *wait: str) -> dict[str, dict[str, Any]]:
    return {line["kind"]: line for line in command.json("jobs", *wait) if line["kind"] != "ingest"}


def stored_files(home: Path) -> dict[str, bytes]:
    """Files of packages, not of evidence or trail."""
    folder = home / "storage"
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if not name.startswith(("evidence/", "audit/"))}


def test_signatures_taken_without_trust_are_judged_when_trust_and_lists_are_there(
    tmp_path: Path, mill: PaperMill, deliver: Callable[..., Made]
) -> None:
    command = CommandLine(tmp_path / "home")
    command.json("init")
    (failed,) = command.json("trust", "check", code=4)
    assert (failed["check"], failed["status"]) == ("store", "fail")

    (line,) = command.json("ingest", deliver(documents=1).path)
    assert line["status"] == "archived"
    before = stored_files(command.home)
    waiting = duties(command)
    assert {kind: job["status"] for kind, job in waiting.items()} == {"rejudge": "waiting"}
    assert "judged without trust" in waiting["rejudge"]["error"]

    (tmp_path / "issuing.der").write_bytes(mill.pki.issuing.der)
    command.json("trust", "add", mill.trust(tmp_path / "trust"), tmp_path / "issuing.der")
    now_known = duties(command, "--wait")
    assert {kind: job["status"] for kind, job in now_known.items()} == {"rejudge": "done", "evidence": "waiting"}

    lists = tmp_path / "lists"
    lists.mkdir()
    now = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the command has the machine's clock
    for authority, name in ((mill.pki.root, "root.crl"), (mill.pki.issuing, "issuing.crl")):
        (lists / name).write_bytes(authority.list_of(now - timedelta(hours=1)))
    (lists / "README").write_text("CRL tháng này")
    imported = command.json("trust", "import-crls", lists)
    assert sorted(row["status"] for row in imported) == ["ignored", "imported", "imported"]
    assert {job["status"] for job in duties(command, "--wait").values()} == {"done"}
    after = stored_files(command.home)
    assert {name: after[name] for name in before} == before
    (shown,) = command.json("show", line["package_id"])
    assert {document["verdict"] for document in shown["documents"]} == {"TOTAL_PASSED"}
    again = [event for event in shown["events"] if "judgement" in (event.get("detail") or {})]
    assert {event["detail"]["indication"] for event in again} == {"INDETERMINATE", "TOTAL_PASSED"}
    command.json("catalogue", "rebuild")
    assert verdicts(command, line["package_id"]) == {"TOTAL_PASSED"}
