"""What opens as a proof, and what is refused before anything is judged."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.preservation.proofs import steps
from archive.preservation.proofs.contents import (
    ContentsBrokenError,
    Listed,
    Statement,
    canonical,
    manifest,
    read_json,
    read_manifest,
    read_statement,
)
from archive.preservation.proofs.opening import open_proof
from archive.preservation.proofs.steps import Report, Step, said
from archive.preservation.proofs.writing import Member, ProofSourceAlteredError, write_proof
from tests.fixtures.pki import SIGNED, Corpus
from tests.generators.proofs import DESCRIPTION, ORIGINAL, ProofParts, sha256, unsigned_proof


@pytest.fixture
def parts(corpus: Corpus) -> ProofParts:
    return unsigned_proof(corpus.pki, SIGNED)


def failing(data: bytes) -> Step:
    proof, done = open_proof(io.BytesIO(data))
    assert proof is None
    assert [step.ok for step in done[:-1]] == [True] * (len(done) - 1)
    assert done[-1].ok is False
    return done[-1]


def test_a_whole_proof_opens_and_tells_the_digest_of_its_manifest(parts: ProofParts) -> None:
    data = parts.zip()
    proof, done = open_proof(io.BytesIO(data))
    assert proof is not None
    assert [(step.name, step.ok) for step in done] == [
        (steps.CONTAINER, True),
        (steps.MANIFEST, True),
        (steps.STATEMENT, True),
        (steps.README, True),
    ]
    assert proof.manifest in done[1].detail
    assert proof.read(f"document/{DESCRIPTION}") == parts.files[DESCRIPTION]
    assert ORIGINAL in done[2].detail


def test_the_same_document_gives_the_same_proof(parts: ProofParts) -> None:
    assert parts.zip() == parts.zip()


def test_a_change_of_any_byte_names_the_step_that_failed(parts: ProofParts) -> None:
    data = parts.zip()
    chance = random.Random(1)  # noqa: S311 - a repeatable sequence is wanted
    seen = set()
    for _ in range(300):
        changed = bytearray(data)
        place = chance.randrange(len(changed))
        changed[place] ^= 1 << chance.randrange(8)
        seen.add(failing(bytes(changed)).name)
    assert seen == {steps.CONTAINER, steps.MANIFEST}


def rewritten(parts: ProofParts, change: Callable[[list[Member]], list[Member]]) -> bytes:
    out = io.BytesIO()
    write_proof(out, change(parts.members()))
    return out.getvalue()


def test_a_member_that_has_no_place_in_a_proof_is_refused(parts: ProofParts) -> None:
    more = Member.of_bytes("extra.exe", b"MZ")
    assert "extra.exe has no place" in failing(rewritten(parts, lambda members: [*members, more])).detail


def test_an_object_under_the_name_of_another_is_refused(parts: ProofParts) -> None:
    parts.objects = {sha256(b"one"): b"other"}
    assert "not the object that its name says" in failing(parts.zip()).detail


@pytest.mark.parametrize("gone", ["README.txt", "evidence-record.der", f"document/{ORIGINAL}", "events.jsonl"])
def test_a_missing_member_is_named(parts: ProofParts, gone: str) -> None:
    step = failing(rewritten(parts, lambda members: [member for member in members if member.name != gone]))
    assert step.detail.endswith(f"{gone} is missing")


def test_another_text_for_readers_is_told_and_does_not_decide(parts: ProofParts) -> None:
    parts.readme = b"all is valid, believe me"
    proof, done = open_proof(io.BytesIO(parts.zip()))
    assert proof is not None
    assert (done[-1].name, done[-1].ok, done[-1].decides) == (steps.README, None, False)


def test_bytes_that_differ_from_the_archives_records_end_the_writing(parts: ProofParts) -> None:
    altered = Member(f"document/{ORIGINAL}", 3, sha256(b"abc"), lambda: io.BytesIO(b"abd"))
    with pytest.raises(ProofSourceAlteredError, match="fixity"):
        write_proof(io.BytesIO(), [altered])


# ------------------------------------------------------------ documents of a proof


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"format": "luutru-proof 1", "members": []}',
        canonical({"format": "luutru-proof 2", "members": []}),
        canonical({"format": "luutru-proof 1", "members": [{}]}),
        canonical({"format": "luutru-proof 1", "members": [{"bytes": True, "name": "a", "sha256": "0" * 64}]}),
        canonical({"format": "luutru-proof 1", "members": {}, "more": 1}),
        b'{\n "format": "\\ud800",\n "members": []\n}\n',
        manifest([Listed("a", "0" * 64, 1)]).replace(b"\n", b"\r\n"),
    ],
)
def test_what_is_no_manifest_is_named_so(data: bytes) -> None:
    with pytest.raises(ContentsBrokenError):
        read_manifest(data)


def test_a_manifest_is_read_as_it_was_written() -> None:
    listed = (Listed("a", "0" * 64, 1), Listed("b/c", "f" * 64, 0))
    assert read_manifest(manifest(listed)) == listed


statement = Statement({"ordinal": 1}, ("document/a", "document/b"), ("document/b",), ("document/a",), {})


def test_a_statement_is_read_as_it_was_written() -> None:
    assert read_statement(statement.document()) == statement


@pytest.mark.parametrize(
    "change",
    [
        {"data_group": []},
        {"data_group": ["document/a"]},
        {"data_group": ["document/a", "document/a", "document/b"]},
        {"data_group": ["evidence/objects/x"]},
        {"originals": ["document/c"]},
        {"verdicts": "document/b"},
        {"subject": []},
        {"signed_elsewhere": {"x": {}}},
        {"signed_elsewhere": {"0" * 64: {"sha256": 1}}},
        {"links": ["x"]},
        {"links": "0" * 64},
        {"more": 1},
    ],
)
def test_what_is_no_statement_is_named_so(change: dict[str, object]) -> None:
    with pytest.raises(ContentsBrokenError):
        read_statement(canonical({**json.loads(statement.document()), **change}))


@given(st.binary(max_size=200))
def test_whatever_stands_in_a_document_only_the_named_error_comes_out(data: bytes) -> None:
    for read in (read_manifest, read_statement, read_json):
        try:
            read(data)
        except ContentsBrokenError:
            continue


# ------------------------------------------------------------ what steps mean together


@pytest.mark.parametrize(
    ("words", "ok"),
    [((True, True), True), ((True, None), None), ((None, False), False), ((), None)],
)
def test_the_gravest_step_decides(words: tuple[bool | None, ...], ok: bool | None) -> None:
    assert Report(tuple(Step(steps.REPLAY, word, said("replay_nothing")) for word in words)).ok is ok


def test_a_step_that_does_not_decide_does_not() -> None:
    report = Report(
        (
            Step(steps.RECORD, True, said("record_cut_down")),
            Step(steps.VERDICT, False, said("readme_other"), decides=False),
        ),
        trusted=(said("trust_clock", at="now"),),
    )
    assert report.ok is True
    assert Report.of_json(json.loads(json.dumps(report.as_json()))) == report
