"""`luutru-verify.pyz` on a bare Python: no site packages, no network, nothing of this installation."""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.clock import SystemClock
from metadata.time import rfc3339
from scripts.build_verifier import NotVendoredError, build, closure
from tests.corpus.signature_case import all_cases
from tests.fixtures.pki import SIGNED, Corpus
from tests.generators.proofs import DESCRIPTION, ORIGINAL, ProofParts, proof_of_case, record_over, signed_proof

ROOT = Path(__file__).parents[2]
YESTERDAY = (SystemClock().now() - timedelta(days=1)).replace(microsecond=0)
"""When proofs are time-stamped: the verifier asks the machine for the time."""

PLACE = "representations/rep1/data/H49.001"
XML = ROOT / "tests" / "corpus" / "xades"


@dataclass(frozen=True)
class Verifier:
    """The one file in an empty virtual environment."""

    python: Path
    program: Path
    room: Path

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*without_network(), str(self.python), str(self.program), *map(str, arguments)],
            cwd=self.room,
            env={"PATH": os.environ["PATH"], "HOME": str(self.room), "LC_ALL": "C.UTF-8", **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def json(self, *arguments: object) -> tuple[int, list[dict[str, Any]]]:
        done = self.run(*arguments, "--json")
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def without_network() -> list[str]:
    """A network name space of its own, where this machine lets us make one."""
    program = shutil.which("unshare")
    if program is None:
        return []
    command = [program, "--map-root-user", "--net"]
    tried = subprocess.run([*command, "true"], check=False, capture_output=True)
    return command if tried.returncode == 0 else []


@pytest.fixture(scope="session")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    room = tmp_path_factory.mktemp("auditor")
    program = room / "luutru-verify.pyz"
    subprocess.run([sys.executable, str(ROOT / "scripts" / "build_verifier.py"), str(program)], check=True, cwd=room)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(room / "venv")], check=True)
    return Verifier(room / "venv" / "bin" / "python", program, room)


@pytest.fixture
def parts(corpus: Corpus, tmp_path: Path) -> ProofParts:
    return made_proof(corpus, corpus.blta, tmp_path)


def made_proof(corpus: Corpus, data: bytes, folder: Path, path: str = ORIGINAL) -> ProofParts:
    return signed_proof(
        corpus.pki,
        data,
        corpus.trust,
        folder,
        judged_at=YESTERDAY - timedelta(days=1),
        stamped_at=YESTERDAY,
        path=path,
        revocation=corpus.pki.lists(SIGNED),
    )


@pytest.fixture
def anchors(corpus: Corpus, tmp_path: Path) -> Path:
    folder = tmp_path / "anchors"
    folder.mkdir()
    (folder / "root.crt").write_bytes(corpus.pki.root.der)
    return folder


def written(parts: ProofParts, folder: Path, name: str = "bang-chung.zip") -> Path:
    path = folder / name
    path.write_bytes(parts.zip())
    return path


# ------------------------------------------------------------ what is inside


def test_whatever_the_file_reaches_is_inside_or_of_the_standard_library(verifier: Verifier) -> None:
    with zipfile.ZipFile(verifier.program) as archive:
        inside = [name for name in archive.namelist() if name.endswith(".py")]
    modules = [name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in inside]
    script = (
        "import importlib, json, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "for name in json.loads(sys.argv[2]):\n"
        "    importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    wanted = json.dumps([name for name in modules if name != "__main__"])
    command = [str(verifier.python), "-I", "-S", "-c", script, str(verifier.program), wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    strange = {n for n in loaded - set(modules) if n.partition(".")[0] not in {*sys.stdlib_module_names, "__main__"}}
    assert strange == set()
    assert not loaded & {"socket", "ssl", "http.client", "urllib.request", "subprocess"}
    assert {"archive.preservation.signatures.engine", "archive.preservation.evidence.verification"} <= set(modules)
    assert {name.partition(".")[0] for name in modules} <= {"archive", "metadata", "asn1crypto", "__main__"}
    assert not [name for name in modules if name.startswith(("archive.services", "archive.cli", "archive.catalogue"))]


def test_the_same_sources_give_the_same_file(verifier: Verifier, tmp_path: Path) -> None:
    """Whoever builds it, wherever he stands, whatever order his dictionaries have."""
    command = [sys.executable, str(ROOT / "scripts" / "build_verifier.py"), str(tmp_path / "again.pyz")]
    subprocess.run(command, check=True, cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"})
    assert (tmp_path / "again.pyz").read_bytes() == build()
    with zipfile.ZipFile(verifier.program) as archive:
        assert archive.testzip() is None
        assert "Apache License" in archive.read("LICENSE").decode()


def test_a_module_that_needs_more_than_the_standard_library_is_refused_when_the_file_is_built() -> None:
    with pytest.raises(NotVendoredError, match="pydantic"):
        closure("metadata.verdicts")


# ------------------------------------------------------------ proofs


def test_a_proof_holds_on_a_bare_python_exactly_as_here(
    verifier: Verifier, parts: ProofParts, anchors: Path, tmp_path: Path
) -> None:
    proof = written(parts, tmp_path)
    code, told = verifier.json(proof, "--trust", anchors)
    assert (code, told[-1]["ok"]) == (0, True), told
    assert [line["step"] for line in told[:-1]] == [line["step"] for line in told[-1]["steps"]]
    assert told[-1]["proven"] == rfc3339(YESTERDAY)
    words = verifier.run(proof, "--trust", anchors, "--lang", "vi")
    assert words.returncode == 0
    assert "ĐỨNG VỮNG" in words.stdout.splitlines()[-1]


@pytest.mark.parametrize("elliptic", [True, False])
def test_signatures_of_both_kinds_of_keys_are_computed_without_a_library(
    verifier: Verifier, corpus: Corpus, anchors: Path, tmp_path: Path, elliptic: bool
) -> None:
    parts = made_proof(corpus, corpus.signed(corpus.person(elliptic=elliptic)), tmp_path)
    code, told = verifier.json(written(parts, tmp_path), "--trust", anchors)
    assert (code, told[-1]["ok"]) == (0, True), told
    own = next(line for line in told if line["step"] == "own-trust")
    assert own["indication"] == "TOTAL_PASSED", own


def test_every_class_of_signature_is_judged_again_without_any_library(
    verifier: Verifier, corpus: Corpus, anchors: Path, tmp_path: Path
) -> None:
    """What was judged with `cryptography`, qpdf and lxml comes out the same to the byte on a bare Python."""
    # An intake has no proofs from outside; all others are judged as a package would keep them.
    cases = [(case.name, case.make(corpus)) for case in all_cases()]
    proofs = {name: proof_of_case(corpus, made, YESTERDAY) for name, made in cases if not made.proofs}
    assert len(proofs) > 100
    for name in ("dss-lta-enveloped.xml", "poi.docx"):
        path = f"{PLACE}{Path(name).suffix}"
        proofs[name] = made_proof(corpus, (XML / name).read_bytes(), tmp_path, path)
    paths = [written(parts, tmp_path, f"{name}.zip") for name, parts in proofs.items()]
    _, told = verifier.json(*paths, "--trust", anchors)
    replays = [line for line in told if line.get("step") == "replay"]
    assert [line["values"] for line in replays if line["ok"] is not True] == []
    assert len(replays) == len(proofs)


def test_without_own_anchors_the_exit_code_is_six(verifier: Verifier, parts: ProofParts, tmp_path: Path) -> None:
    code, told = verifier.json(written(parts, tmp_path))
    assert (code, told[-1]["ok"]) == (6, None)


def test_changed_bytes_end_in_three_and_never_in_a_traceback(
    verifier: Verifier, parts: ProofParts, anchors: Path, tmp_path: Path
) -> None:
    """Fifty files in one call: each has its own last line."""
    data = parts.zip()
    chance = random.Random(3)  # noqa: S311 - a repeatable sequence is wanted
    paths = []
    for number in range(50):
        changed = bytearray(data)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        paths.append(tmp_path / f"{number}.zip")
        paths[-1].write_bytes(changed)
    code, told = verifier.json(*paths, "--trust", anchors)
    endings = [line for line in told if "steps" in line]
    assert code == 3
    assert [line["ok"] for line in endings] == [False] * 50


def test_a_consistent_forgery_is_found_by_the_step_that_it_breaks(
    verifier: Verifier, parts: ProofParts, corpus: Corpus, anchors: Path, tmp_path: Path
) -> None:
    parts.files[DESCRIPTION] = parts.files[DESCRIPTION].replace("Quyết định".encode(), b"Altered")
    code, told = verifier.json(written(parts, tmp_path), "--trust", anchors)
    failed = [line["step"] for line in told[:-1] if line["ok"] is False]
    assert (code, failed) == (3, ["evidence-record"])
    parts.record = record_over(corpus.pki, parts.files, YESTERDAY)
    assert verifier.json(written(parts, tmp_path, "again.zip"), "--trust", anchors)[0] == 0


def test_a_python_that_is_too_old_says_so_and_ends_as_a_wrong_call(verifier: Verifier) -> None:
    run = f"runpy.run_path({str(verifier.program)!r}, run_name='__main__')"
    old = f"import runpy, sys; sys.version_info = (3, 10, 12); {run}"
    done = subprocess.run([str(verifier.python), "-c", old], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("3.11") == 2
    with zipfile.ZipFile(verifier.program) as archive:
        ast.parse(archive.read("__main__.py"), feature_version=(3, 4))


def test_files_that_are_no_certificates_are_named_and_a_wrong_call_is_told(
    verifier: Verifier, parts: ProofParts, anchors: Path, tmp_path: Path
) -> None:
    (anchors / "notes.txt").write_text("to do")
    proof = written(parts, tmp_path)
    done = verifier.run(proof, "--trust", anchors)
    assert (done.returncode, "notes.txt" in done.stderr) == (0, True)
    assert verifier.run(tmp_path / "missing.zip").returncode == 2
    assert verifier.run(proof, "--trust", tmp_path / "missing").returncode == 2
    assert verifier.run().returncode == 2
    assert verifier.run("--help", "--lang", "en").stdout.count("PROOF.zip") >= 1
