"""`luutru evidence` on a home with archived dossiers, against a running time-stamp authority."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi.testclient import TestClient

from archive.api.application import make_application
from archive.cli.exit_codes import ExitCode, code_of
from archive.cli.main import make_group
from archive.clock import SystemClock
from archive.composition import Archive
from archive.composition.evidencing import EVIDENCE_PAUSE, EvidenceDuty
from archive.preservation.evidence.records import read_record
from archive.preservation.trust.sets import TrustStoreDamagedError
from archive.services.dissemination import ExportKind
from archive.settings import load_settings
from metadata.errors import ArchiveError
from metadata.events import EventType
from tests.fakes.clock import StandingClock
from tests.fixtures.homes import CommandLine, Filled
from tests.fixtures.pki_servers import PkiServers
from tests.generators.people import signed_in

pytestmark = pytest.mark.xdist_group("cli-home")

Call = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def home(filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the filled home; the process's environment names it and no time-stamp authority."""
    shutil.copytree(filled.command.home, tmp_path / "home")
    command = CommandLine(tmp_path / "home", dict(filled.command.settings))
    for name, value in command.environment.items():
        monkeypatch.setenv(name, value)
    return command.home


@pytest.fixture
def luutru(home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """A command in this process, for starting one costs more than what is tried here: exit code and JSON lines."""
    assert home.exists()

    def call(*arguments: object) -> tuple[int, list[dict[str, Any]]]:
        capsys.readouterr()
        try:
            code = make_group().main([*map(str, arguments), "--json"], standalone_mode=False)
        except ArchiveError as error:
            code = code_of(error)
        return int(code or 0), [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return call


@pytest.fixture
def tsa(home: Path, luutru: Call, pki_servers: PkiServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The running authority of the corpus, which the home trusts and is to ask."""
    assert home.exists()
    pki_servers.clock.at = SystemClock().now()
    root = tmp_path / "root.der"
    root.write_bytes(pki_servers.pki.root.certificate.public_bytes(Encoding.DER))
    assert luutru("trust", "add", root)[0] == 0
    address = pki_servers.address("tsa")
    monkeypatch.setenv("LUUTRU_EVIDENCE__TSA", json.dumps([address]))
    monkeypatch.setenv("LUUTRU_REVOCATION__ALLOW", json.dumps([pki_servers.address("crl/")]))
    return address


def test_without_an_authority_batches_wait_and_nothing_is_called_good(luutru: Call, filled: Filled) -> None:
    code, (waits,) = luutru("evidence", "build")
    assert (code, waits["status"], waits["kind"], waits["time"]) == (0, "waiting", "batch", None)
    assert luutru("evidence", "build") == (0, [waits])
    code, (found,) = luutru("evidence", "verify")
    assert (code, found["ok"], found["failures"][0]["step"]) == (ExitCode.INDETERMINATE, None, "waiting")
    code, named = luutru("evidence", "verify", filled.package_id)
    assert (code, {line["ok"] for line in named}) == (ExitCode.INDETERMINATE, {None})
    assert luutru("evidence", "renew") == (0, [])
    with Archive(load_settings()) as archive:
        status = archive.evidencing.status()
    assert (status.waiting, status.pending, status.has_authority) == (1, 0, False)


@pytest.mark.usefixtures("tsa")
def test_built_verified_planned(luutru: Call, filled: Filled) -> None:
    code, (batch,) = luutru("evidence", "build")
    assert (code, batch["status"], batch["left_out"]) == (0, "stamped", [])
    assert luutru("evidence", "build") == (0, [])
    code, (whole,) = luutru("evidence", "verify")
    assert (code, whole["ok"], whole["since"], whole["leaves"]) == (0, True, batch["time"], batch["leaves"])
    code, lines = luutru("evidence", "verify", f"{filled.good['file_code']}/1", filled.package_id)
    assert (code, [line["ok"] for line in lines]) == (0, [True] * 5)
    assert luutru("evidence", "verify", "H99.nowhere")[0] == ExitCode.NOT_FOUND
    code, plan = luutru("evidence", "plan", "--years", "20")
    assert (plan[0]["action"], plan[0]["why"], plan[0]["tokens"]) == ("time-stamp-renewal", "certificate-ends", 1)
    _, (broken,) = luutru("evidence", "plan", "--if-broken", "SHA-256")
    assert (broken["bytes"] > 0, broken["missed"]) == (True, False)
    assert luutru("evidence", "plan", "--if-revoked", "không ai")[0] == ExitCode.NOT_FOUND
    _, (revoked,) = luutru("evidence", "plan", "--if-revoked", "dấu thời gian")
    assert revoked["lost"] == [batch["batch"]]
    _, (ends, *_) = luutru("evidence", "plan", "--if-ends", "dấu thời gian", "--from", "2029-01-01")
    assert (ends["why"], ends["end"]) == ("certificate-ends", "2028-12-31T17:00:00.000Z")
    _, (untrusted, *_) = luutru("evidence", "plan", "--if-broken", "SHA-256", "--from", "01/01/2031")
    assert (untrusted["action"], untrusted["end"][:4]) == ("hash-tree-renewal", "2030")
    assert untrusted["begin"] < untrusted["end"]
    assert luutru("evidence", "renew") == (0, [])
    # The head of the trail stood among the leaves.
    code, audit = luutru("audit", "verify")
    assert (code, audit[-1]["ok"], audit[-1]["proven"] is not None) == (0, True, True)


@pytest.mark.usefixtures("tsa")
def test_a_changed_byte_is_found(home: Path, luutru: Call, filled: Filled) -> None:
    luutru("evidence", "build")
    (original,) = (path for path in (home / "storage").rglob("*.001.pdf") if "rep1" in path.parts)
    data = bytearray(original.read_bytes())
    data[len(data) // 2] ^= 1
    original.write_bytes(data)
    code, found = luutru("evidence", "verify", filled.package_id)
    broken = [line for line in found if line["ok"] is False]
    assert (code, [line["subject"] for line in broken]) == (ExitCode.REJECTED, [f"{filled.package_id}/1"])
    assert broken[0]["failures"][0]["step"] == "bytes"
    assert "001.pdf" in broken[0]["failures"][0]["reason"]


def test_an_authority_that_does_not_answer_is_a_fault_and_the_batch_waits(
    luutru: Call, tsa: str, pki_servers: PkiServers
) -> None:
    pki_servers.failing.add(tsa.removeprefix(pki_servers.url).strip("/"))
    assert luutru("evidence", "build")[0] == ExitCode.FAULT
    pki_servers.failing.clear()
    code, (batch,) = luutru("evidence", "build")
    assert (code, batch["status"]) == (0, "stamped")


@pytest.mark.usefixtures("tsa")
def test_a_long_lived_process_builds_by_itself_and_the_api_hands_records_out(
    filled: Filled, pki_servers: PkiServers
) -> None:
    with Archive(load_settings()) as archive:
        duty = EvidenceDuty(archive)
        duty.work()
        duty.work()
        assert pki_servers.asked["/tsa"] + pki_servers.asked["tsa"] == 1
        assert EVIDENCE_PAUSE.total_seconds() > 3600
        with TestClient(make_application(archive), base_url="http://127.0.0.1:8000") as client:
            client.headers.update(signed_in(archive))
            (stamp,) = client.get("/api/v1/evidence-records").json()["items"]
            assert (stamp["kind"], stamp["status"]) == ("batch", "stamped")
            answer = client.get(f"/api/v1/evidence-records/{filled.package_id}/1")
            assert read_record(answer.content).digests == ("sha256",)
            assert client.get(f"/api/v1/evidence-records/{filled.package_id}/99").status_code == 404
        handed = [e for e in archive.trail.of([filled.package_id]) if e["detail"].get("kind") == "evidence-record"]
        assert [event["detail"]["ordinal"] for event in handed] == ["1"]
        assert [event["agent"].partition(":")[0] for event in handed] == ["person"]


@pytest.mark.usefixtures("tsa")
def test_trust_that_cannot_be_read_does_not_end_a_long_lived_process(home: Path) -> None:
    (home / "trust" / "current").write_text("no digest\n")
    with Archive(load_settings()) as archive:
        with pytest.raises(TrustStoreDamagedError):
            archive.evidencing.status()
        EvidenceDuty(archive).work()


@pytest.mark.usefixtures("tsa")
def test_a_missed_date_alarms_though_no_authority_is_configured_any_more(
    luutru: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert luutru("evidence", "build")[0] == ExitCode.OK
    monkeypatch.delenv("LUUTRU_EVIDENCE__TSA")
    late = StandingClock(SystemClock().now() + timedelta(days=365 * 40))
    with Archive(load_settings(), late) as archive:
        EvidenceDuty(archive).work()
        (alarm,) = [e for e in archive.trail.of(["evidence"]) if e["type"] == EventType.EVIDENCE_ALARM.value]
        assert alarm["detail"]["why"] == "certificate-ends"


@pytest.mark.usefixtures("tsa")
def test_a_proof_is_downloaded_as_it_is_exported_and_each_time_is_an_event(filled: Filled, tmp_path: Path) -> None:
    with Archive(load_settings()) as archive:
        application = make_application(archive)
        url = f"/api/v1/evidence-records/{filled.package_id}/1/proof"
        with TestClient(application, base_url="http://127.0.0.1:8000") as client:
            client.headers.update(signed_in(archive))
            early = client.get(url)
            assert (early.status_code, early.json()["code"]) == (409, "proof.not_ready")
            list(archive.evidencing.build())
            whole, head = client.get(url), client.head(url)
            (line,) = archive.dissemination.export(
                f"{filled.package_id}/1", ExportKind.PROOF, tmp_path / "a.zip", operator="lan"
            )
            assert whole.content == (tmp_path / "a.zip").read_bytes()
            etag = f'"{line.sha256}"'
            assert (whole.headers["ETag"], whole.headers["Content-Type"]) == (etag, "application/zip")
            assert ".proof.zip" in whole.headers["Content-Disposition"]
            assert whole.headers["Cache-Control"] == "private, no-cache", "a renewal gives other bytes"
            assert (int(head.headers["Content-Length"]), head.content) == (len(whole.content), b"")
            part = client.get(url, headers={"Range": "bytes=100-299"})
            assert (part.status_code, part.content) == (206, whole.content[100:300])
            assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
            assert client.get(url, headers={"Range": f"bytes={line.size_bytes}-"}).status_code == 416
            assert client.get(url.replace("/1/proof", "/99/proof")).status_code == 404
        told = [e for e in archive.trail.of([filled.package_id]) if e["detail"].get("kind") == "proof"]
        # Others tried to take the whole dossier's proofs out of the home that this one is a copy of.
        of_it = [event["type"] for event in told if event["detail"]["ordinal"] == "1"]
        assert of_it == ["dissemination"] * 3
    assert not list((tmp_path / "home").glob("scratch/*"))
