"""The judges, and the chain in real worker processes: hostile files within limits, faults as faults."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pikepdf import pdfa

from ingest import pdfa_conversion
from ingest.engines.pikepdf_judge import PikepdfJudge
from ingest.engines.verapdf import VeraPdfJudge
from ingest.pdfa_conversion import CONVERT, Converter, Request
from ingest.ports import Limits
from ingest.workers.pool import WorkerPool
from metadata.errors import ToolMissingError, ToolUnreadableError
from tests.generators.nasty import HOSTILE, hostile, nasty, plain, user_password

AT = "2026-01-02T03:04:05.000Z"
TIGHT = Limits(cpu_seconds=2, wall_seconds=40, memory_mib=1024, output_mib=64)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerPool]:
    with WorkerPool(1, tmp_path_factory.mktemp("workers"), attempts=1) as pool:
        yield pool


@pytest.fixture(scope="module")
def readable(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Nasty files written out, so that a change in their bytes hits their structure."""
    folder, found = tmp_path_factory.mktemp("readable"), {}
    for name, path in nasty(folder).items():
        if name not in {"20-owner-password", "22-rc4"}:
            with pikepdf.open(path) as pdf:
                pdf.save(folder / "out.pdf", qdf=True, fix_metadata_version=False)
            found[name] = (folder / "out.pdf").read_bytes()
    return found


@pytest.fixture
def candidate(tmp_path: Path, workers: WorkerPool) -> Path:
    made = Converter(workers, None).convert(Request(plain(tmp_path / "a.pdf"), AT, aim="2u"), tmp_path / "made")
    assert made.path is not None
    return made.path


# ---------------------------------------------------------------- veraPDF


def test_verapdf_tells_what_a_file_claims_and_whether_it_is_true(candidate: Path, verapdf: VeraPdfJudge) -> None:
    assert verapdf.check(candidate, None) == verapdf.check(candidate, "2u")
    assert (verapdf.check(candidate, None).status, verapdf.check(candidate, "2b").status) == ("valid", "valid")
    assert verapdf.check(candidate, "1b").status == "invalid"


def test_verapdf_tells_no_claim_from_a_false_claim(tmp_path: Path, verapdf: VeraPdfJudge) -> None:
    bare = plain(tmp_path / "bare.pdf")
    assert verapdf.check(bare, None).status == "no_claim"
    lying = tmp_path / "Quyết định giả.pdf"
    with pikepdf.open(bare) as pdf:
        pdfa.prepare(pdf, "2b")
        pdf.Root["/AA"] = pikepdf.Dictionary()
        pdf.save(lying)
    verdict = verapdf.check(lying, None)
    assert (verdict.status, verdict.flavour) == ("invalid", "2b")
    assert verdict.rules


@pytest.mark.parametrize("name", ["empty", "noise", "html"])
def test_verapdf_calls_no_pdf_unreadable(name: str, tmp_path: Path, verapdf: VeraPdfJudge) -> None:
    assert verapdf.check(hostile(name, tmp_path / "x.pdf"), None).status == "unreadable"


def test_verapdf_calls_a_locked_file_unreadable(tmp_path: Path, verapdf: VeraPdfJudge) -> None:
    assert verapdf.check(user_password(tmp_path / "x.pdf"), None).status == "unreadable"


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path, verapdf: VeraPdfJudge) -> None:
    with pytest.raises(ToolUnreadableError):
        verapdf.check(tmp_path / "nothing.pdf", None)


def _youngest_child_with(words: str) -> int:
    """The child of this process that was started last with `words` on its command line."""
    found: list[tuple[int, int]] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line, stat = (folder / "cmdline").read_bytes(), (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if words.encode() in line and int(stat[1]) == os.getpid():
            found.append((int(stat[19]), int(folder.name)))
    return max(found)[1]


def test_after_a_bomb_or_a_kill_it_is_unsure_and_the_next_file_has_a_fresh_process(
    tmp_path: Path, verapdf_home: Path
) -> None:
    bomb, good = hostile("form-bomb", tmp_path / "bomb.pdf"), plain(tmp_path / "good.pdf")
    with VeraPdfJudge(verapdf_home, timeout_seconds=1) as judge:
        assert judge.check(bomb, "2b").status == "unsure"
        assert judge.check(good, None).status == "no_claim"
        os.kill(_youngest_child_with(str(verapdf_home)), signal.SIGKILL)
        assert judge.check(good, None).status == "unsure"
        assert judge.check(good, None).status == "no_claim"


def test_several_threads_may_ask_at_once(tmp_path: Path, verapdf: VeraPdfJudge, candidate: Path) -> None:
    bare = plain(tmp_path / "bare.pdf")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda path: verapdf.check(path, None).status, [bare, candidate] * 10))
    assert found == ["no_claim", "valid"] * 10


def test_without_jars_or_java_it_is_a_missing_tool(tmp_path: Path, verapdf_home: Path) -> None:
    for judge in (VeraPdfJudge(tmp_path), VeraPdfJudge(verapdf_home, java="java-that-is-not-there")):
        with pytest.raises(ToolMissingError):
            judge.check(tmp_path, None)


def test_a_program_that_answers_nonsense_is_unreadable_and_no_verdict(tmp_path: Path, verapdf_home: Path) -> None:
    liar = tmp_path / "java"
    liar.write_text('#!/bin/sh\necho \'{"ready": true, "verapdf": "0"}\'\nread line\necho "perhaps valid"\nsleep 30\n')
    liar.chmod(0o755)
    with VeraPdfJudge(verapdf_home, java=str(liar)) as judge, pytest.raises(ToolUnreadableError):
        judge.check(plain(tmp_path / "a.pdf"), None)


# ---------------------------------------------------------------- pikepdf


def test_pikepdf_judges_only_what_this_program_wrote(candidate: Path, workers: WorkerPool) -> None:
    judge = PikepdfJudge(workers)
    assert judge.check(candidate, "2u").status == "valid"
    assert judge.check(candidate, None).status == "unsure"
    assert judge.check(candidate, "1b").status == "unsure"
    assert judge.tool().version == pikepdf.__version__


def test_a_denial_of_pikepdf_is_unsure_for_it_may_be_a_false_alarm(tmp_path: Path, workers: WorkerPool) -> None:
    verdict = PikepdfJudge(workers).check(plain(tmp_path / "a.pdf"), "2b")
    assert verdict.status == "unsure"
    assert verdict.rules


# ---------------------------------------------------------------- hostile files in real workers


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_within_limits_and_the_pool_goes_on(
    name: str, tmp_path: Path, workers: WorkerPool, verapdf: VeraPdfJudge
) -> None:
    source = hostile(name, tmp_path / "x.pdf")
    asked = {"source": str(source), "at": AT}
    answer = workers.submit(CONVERT, asked, limits=TIGHT, deposit=tmp_path / "made").result()
    if answer.breach:
        assert answer.breach in {"cpu", "wall", "memory", "crash", "output"}
        assert name in {"image-bomb", "content-bomb", "form-bomb", "huge-page", "deep-nesting"}
    elif answer.outputs:
        assert verapdf.check(answer.outputs["pdf"], "2b").status == "valid"
    else:
        assert answer.value["problem"] in {"damaged", "refused", "pages"}
    after = Converter(workers, None).convert(Request(plain(tmp_path / "good.pdf"), AT), tmp_path / "made")
    assert after.path is not None


TOKENS = (
    *(b"/Type", b"/Font", b"/Kids", b"/Widths", b"[", b"]", b"<<", b">>", b"(", b")"),
    *(b"null", b"-1", b"99999999999", b"0.0000001", b"1 0 R", b"3 0 R", b"9 9 R", b"stream", b"endobj", b"\xff\x00"),
)
SCARS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(TOKENS), st.integers(0, 40)), max_size=8)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(["01-plain", "08-form", "10-annotations", "13-separation"]), scars=SCARS)
def test_a_scarred_file_never_becomes_a_false_claim_or_a_fault(
    name: str,
    scars: list[tuple[float, bytes, int]],
    readable: dict[str, bytes],
    workers: WorkerPool,
    verapdf: VeraPdfJudge,
) -> None:
    data = bytearray(readable[name])
    for place, token, length in scars:
        at = int(place * len(data))
        data[at : at + length] = token
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "x.pdf"
        source.write_bytes(data)
        asked = {"source": str(source), "at": AT, "aim": "2u"}
        answer = workers.submit(CONVERT, asked, limits=TIGHT, deposit=Path(folder) / "made").result()
        if answer.outputs:
            verdict = verapdf.check(answer.outputs["pdf"], None)
            assert (verdict.status, verdict.flavour) == ("valid", answer.value["flavour"])
        else:
            assert answer.breach or answer.value["problem"] in {"damaged", "refused", "pages", "password"}


def test_limits_grow_with_the_pages_and_end() -> None:
    few, many = pdfa_conversion.limits_for(2), pdfa_conversion.limits_for(500)
    assert few.cpu_seconds < many.cpu_seconds < pdfa_conversion.limits_for(10**9).cpu_seconds
    assert pdfa_conversion.limits_for(10**9).cpu_seconds == pdfa_conversion.MOST_SECONDS
    assert few.wall_seconds > few.cpu_seconds
