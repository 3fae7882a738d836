"""As an auditor would: a proof is carried away and checked elsewhere with own anchors; altered evidence is named.

One home is filled once: a signed decision, a detached signature beside the file
that it signs, a sound recording. Time-stamps come from a real authority on loopback.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive.clock import SystemClock
from archive.preservation.signatures.signing import Signing, sign_bytes
from tests.fixtures.homes import LUUTRU, CommandLine, made_home, silence
from tests.fixtures.pki_servers import PkiServers, SetClock, serving
from tests.generators.deliveries import SIGNED, PaperMill, row, write_sheet

pytestmark = pytest.mark.xdist_group("proof-home")

CODE = "H49.64.2026.00270"
TITLE = "Quyết định phê duyệt kế hoạch số {number}"


@dataclass
class Proved:
    """A home whose documents are time-stamped, and a folder of an auditor who shares nothing with it."""

    command: CommandLine
    package_id: str
    auditor: Path
    original: bytes
    exported: list[dict[str, Any]]
    """Lines of the export of the whole dossier: one a document."""

    @property
    def anchors(self) -> Path:
        return self.auditor / "anchors"

    def document(self, ordinal: int) -> str:
        return f"{self.package_id}/{ordinal}"

    def proof(self, ordinal: int) -> Path:
        """The proof of a document."""
        return Path(next(line["path"] for line in self.exported if line["document"] == ordinal))

    def verify(self, *arguments: object, code: int = 0) -> list[dict[str, Any]]:
        """`luutru verify` in a process that knows nothing of the home."""
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.auditor), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            [str(LUUTRU), "verify", *map(str, arguments), "--json"],
            cwd=self.auditor,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def proved(tmp_path_factory: pytest.TempPathFactory, mill: PaperMill) -> Proved:
    folder = tmp_path_factory.mktemp("proved")
    now = SystemClock().now().replace(microsecond=0)
    with serving(PkiServers(mill.pki, SetClock(now), mill.pki)) as servers:
        tsa = json.dumps([servers.address("tsa")])
        command = made_home(folder / "home", mill, LUUTRU_EVIDENCE__TSA=tsa)
        delivery = folder / "giao-nop"
        delivery.mkdir()
        original = mill.paper(7, 1)
        unsigned = mill.paper(8, 1, signed=False)
        signature = sign_bytes(unsigned, mill.pki.people["leader"], Signing(SIGNED), detached=True)
        files = {"1.pdf": original, "2.pdf": unsigned, "2.pdf.p7s": signature, "4.wav": silence()}
        rows = []
        for ordinal, (name, data) in enumerate(files.items(), start=1):
            (delivery / name).write_bytes(data)
            rows.append(row(CODE, ordinal, 6000 + ordinal, 1, len(files), name))
        write_sheet(delivery / "muc-luc.xlsx", rows)
        (answer,) = command.json("ingest", delivery)
        assert answer["status"] == "archived", answer
        early = command.run(
            "export", f"{answer['package_id']}/1", "--as", "proof", "-o", folder / "early.zip", "--json"
        )
        assert (early.code, "evidence build" in early.err, (folder / "early.zip").exists()) == (2, True, False), early
        # Whatever intake took: a token of other times than now would not be believed.
        servers.clock.at = SystemClock().now().replace(microsecond=0)
        command.json("evidence", "build")
        auditor = tmp_path_factory.mktemp("auditor")
        mill.trust(auditor / "anchors")
        exported = command.json("export", answer["package_id"], "--as", "proof", "-o", auditor / "proofs")
    return Proved(command, answer["package_id"], auditor, original, exported)


def steps(told: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [line for line in told if line.get("step") == name]


# ------------------------------------------------------------ carried away


def test_a_proof_carried_into_an_empty_folder_holds_under_own_anchors(proved: Proved) -> None:
    told = proved.verify(proved.proof(1), "--trust", proved.anchors)
    last = told[-1]
    assert (last["ok"], last["subject"]["package_id"], last["subject"]["ordinal"]) == (True, proved.package_id, 1)
    assert [line["step"] for line in told[:-1]] == [entry["step"] for entry in last["steps"]]
    (structure,) = steps(told, "structure")
    assert structure["read_again"] is True
    (replay,) = steps(told, "replay")
    assert (replay["ok"], replay["differences"]) == (True, [])
    assert last["proven"] is not None
    assert last["trusted"]


def test_without_own_anchors_it_is_consistent_and_no_more(proved: Proved) -> None:
    told = proved.verify(proved.proof(1), code=6)
    assert told[-1]["ok"] is None
    assert {line["ok"] for line in steps(told, "replay")} == {True}


def test_every_document_of_the_dossier_has_a_proof_that_holds(proved: Proved) -> None:
    assert [line["document"] for line in proved.exported] == [1, 2, 3, 4]
    for line in proved.exported:
        assert hashlib.sha256(Path(line["path"]).read_bytes()).hexdigest() == line["sha256"]
    told = proved.verify(*map(proved.proof, (1, 2, 3, 4)), "--trust", proved.anchors)
    endings = [line for line in told if "steps" in line]
    assert [(line["subject"]["ordinal"], line["ok"]) for line in endings] == [(n, True) for n in (1, 2, 3, 4)]
    replays = {line["detail"].partition(":")[0].rpartition(".")[2]: line["ok"] for line in steps(told, "replay")}
    assert replays.items() >= {"pdf": True, "p7s": True}.items()
    assert "SIGNED_DATA_NOT_FOUND" not in {line.get("subindication") for line in steps(told, "verdict")}


def test_the_same_document_gives_the_same_bytes(proved: Proved, tmp_path: Path) -> None:
    (line,) = proved.command.json("export", proved.document(1), "--as", "proof", "-o", tmp_path / "one.zip")
    assert (tmp_path / "one.zip").read_bytes() == proved.proof(1).read_bytes()
    assert line["path"] == str(tmp_path / "one.zip")


def test_the_original_stands_in_it_to_the_byte(proved: Proved) -> None:
    with zipfile.ZipFile(proved.proof(1)) as archive:
        (name,) = [n for n in archive.namelist() if "/rep1/data/" in n]
        assert archive.read(name) == proved.original
        assert "BẰNG CHỨNG" in archive.read("README.txt").decode()
        assert "PROOF OF ONE DOCUMENT" in archive.read("README.txt").decode()
        events = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
    assert {"digital signature validation", "message digest calculation"} <= {event["type"] for event in events}


def test_it_shows_no_name_number_or_text_of_another_document(proved: Proved) -> None:
    """Title, number, code and file name of each neighbour are looked for in all members, texts unpacked."""
    for ordinal in (1, 2, 3, 4):
        with zipfile.ZipFile(proved.proof(ordinal)) as archive:
            whole = b"\n".join(archive.read(name) for name in archive.namelist() if not name.endswith(".zst"))
            names = "\n".join(archive.namelist())
        for other in {1, 2, 3, 4} - {ordinal}:
            number = 6000 + other
            words = (TITLE.format(number=number), f"{CODE}.{other:03d}", f">{number}<", f'"{number}"')
            assert not [word for word in words if word.encode() in whole or word in names], (ordinal, other)


def test_a_detached_signature_shows_digests_of_what_it_signs(proved: Proved) -> None:
    with zipfile.ZipFile(proved.proof(3)) as archive:
        statement = json.loads(archive.read("proof.json"))
    with zipfile.ZipFile(proved.proof(2)) as archive:
        (name,) = [n for n in archive.namelist() if "/rep1/data/" in n]
        signed = archive.read(name)
    (digests,) = statement["signed_elsewhere"].values()
    assert digests == {name: hashlib.new(name, signed).hexdigest() for name in ("sha1", "sha256", "sha384", "sha512")}


def test_a_flip_anywhere_is_false_and_the_failing_step_is_named(proved: Proved, tmp_path: Path) -> None:
    """Two hundred random places in one call; every proof has its own ending."""
    data = proved.proof(4).read_bytes()
    chance = random.Random(4)  # noqa: S311 - a repeatable sequence is wanted
    paths = []
    for number in range(200):
        changed = bytearray(data)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        paths.append(tmp_path / f"{number}.zip")
        paths[-1].write_bytes(changed)
    told = proved.verify(*paths, "--trust", proved.anchors, code=3)
    endings = [line for line in told if "steps" in line]
    assert [line["ok"] for line in endings] == [False] * 200
    failing = {entry["step"] for line in endings for entry in line["steps"] if entry["ok"] is False}
    assert failing == {"container", "manifest"}


def test_what_is_no_proof_is_false_and_what_is_missing_is_a_wrong_call(proved: Proved, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("manifest.json", bytes(1 << 20), zipfile.ZIP_DEFLATED)
    (tmp_path / "empty.zip").write_bytes(b"")
    told = proved.verify(other, tmp_path / "empty.zip", tmp_path / "missing.zip", code=3)
    assert [line["ok"] for line in told if "steps" in line] == [False, False]
    proved.verify(proved.proof(4), "--trust", tmp_path / "missing", code=2)


def test_people_read_the_steps_in_vietnamese(proved: Proved) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(proved.auditor), "LC_ALL": "C.UTF-8"}
    command = [str(LUUTRU), "verify", str(proved.proof(1)), "--trust", str(proved.anchors)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=240)
    assert "✓ Bản ghi bằng chứng" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("ĐỨNG VỮNG")


def test_stored_bytes_that_were_altered_give_no_proof(proved: Proved, tmp_path: Path) -> None:
    home = copied(proved, tmp_path)
    altered(home, hashlib.sha512(proved.original).hexdigest(), proved.original)
    answer = home.run("export", proved.document(1), "--as", "proof", "-o", tmp_path / "x.zip", "--json")
    assert (answer.code, (tmp_path / "x.zip").exists()) == (4, False), answer
    assert "fixity" in answer.err


# ------------------------------------------------------------ judged again


def copied(proved: Proved, folder: Path) -> CommandLine:
    """A home of its own with the same content, and with no time-stamp authority: nothing can be asked."""
    shutil.copytree(proved.command.home, folder / "home")
    return CommandLine(folder / "home")


def altered(home: CommandLine, name: str, data: bytes) -> None:
    """Flip one bit of the stored file that holds `data`."""
    for path in (home.home / "storage").rglob("*"):
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            changed = bytearray(data)
            changed[len(changed) // 2] ^= 1
            path.chmod(0o600)
            path.write_bytes(changed)
            return
    raise AssertionError(name)


def test_everything_held_is_judged_again_to_the_byte_without_network(proved: Proved, tmp_path: Path) -> None:
    lines = copied(proved, tmp_path).json("signatures", "replay", proved.package_id)
    assert [line["same"] for line in lines] == [True] * 4
    assert [line["signature"] is None and "signer" not in line for line in lines].count(True) == 2
    signed = [line for line in lines if line.get("signer")]
    assert all(line["indication"] and line["trust_set"] and line["differences"] == [] for line in signed)


def test_a_bit_changed_in_original_bundle_or_trust_set_is_named(proved: Proved, tmp_path: Path) -> None:
    (shown,) = proved.command.json("show", proved.document(1))
    (verdict,) = shown["verdicts"]
    home = copied(proved, tmp_path)
    altered(home, "original", proved.original)
    (line,) = home.json("signatures", "replay", proved.document(1), code=3)
    assert line["same"] is False
    assert [said.partition(" ")[0] for said in line["altered"]] == ["original"]
    trust_set = home.home / "storage" / "evidence" / "objects" / verdict["trust_set"]
    trust_set.chmod(0o600)
    trust_set.write_bytes(trust_set.read_bytes().replace(b"anchor", b"anchOr", 1))
    (line,) = home.json("signatures", "replay", proved.document(1), code=3)
    assert f"trust-set {verdict['trust_set']}: lost" in line["altered"]


def test_lost_evidence_is_an_answer_and_a_store_that_cannot_be_reached_is_a_fault(
    proved: Proved, tmp_path: Path
) -> None:
    home = copied(proved, tmp_path)
    objects = sorted((home.home / "storage" / "evidence" / "objects").iterdir())
    for path in objects:
        path.unlink()
    (line,) = home.json("signatures", "replay", proved.document(1), code=3)
    assert len(line["altered"]) >= 4
    assert all(said.endswith("lost") for said in line["altered"])
    shutil.move(home.home / "storage", home.home / "elsewhere")
    assert home.run("signatures", "replay", proved.document(1), "--json").code == 4


def test_what_is_not_held_is_not_found(proved: Proved) -> None:
    assert proved.command.run("signatures", "replay", "nothing-of-that-name", "--json").code == 5
