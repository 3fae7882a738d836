"""The policy as a document, the table of proofs, the plain word: what the decisions lean on."""

from __future__ import annotations

import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.preservation.signatures.certificates import MAX_CERTIFICATES
from archive.preservation.signatures.cms_judging import judge_cms
from archive.preservation.signatures.existence import Existence, Proof
from archive.preservation.signatures.outcomes import FAILED, INDETERMINATE
from archive.preservation.signatures.pdf_facts import Change
from archive.preservation.signatures.pdf_judging import trimmed
from archive.preservation.signatures.plain_words import CONTENT, DOUBTFUL, NOTHING, VOUCHED, gravest_change, plain_word
from archive.preservation.signatures.policy import PRACTICES, Policy, PolicyUnreadableError, default_policy, policy_of
from archive.preservation.signatures.revocation import MAX_ANSWERS
from archive.preservation.signatures.world import World
from metadata.verdicts import Indication
from tests.fixtures.pki import Corpus

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def changed(**sections: Any) -> bytes:  # noqa: ANN401 - sections of a policy
    content = json.loads(default_policy().document) | sections
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


# ------------------------------------------------------------ policy


def test_a_policy_is_named_by_the_digest_of_its_document_and_comes_out_of_it_again() -> None:
    policy = default_policy()
    assert policy.sha256 == hashlib.sha256(policy.document).hexdigest()
    assert policy_of(policy.document) == policy
    assert policy_of(policy.document).practices == policy.practices
    assert set(policy.practices) == set(PRACTICES)


def test_every_row_has_a_source_and_every_practice_a_legal_note_in_both_languages() -> None:
    policy = default_policy()
    rows = [*policy.digests.values(), *policy.curves.values(), *(row for _, row in policy.rsa)]
    assert all(len(row.source) > 5 for row in rows)
    for practice in policy.practices.values():
        assert min(len(practice.vi), len(practice.en), len(practice.place)) > 10, practice.name


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]\n",
        b"null\n",
        b'{"format":"luutru-policy 1"}\n',
        changed(format="luutru-policy 2"),
        changed(practice={}),
        changed(digest={}),
        changed(rsa=[]),
        changed(rsa=[{"bits": "many", "source": "x"}]),
        changed(curve={"x": {"until": "tomorrow", "source": "y"}}),
        changed(clock_slack_seconds="short"),
        default_policy().document.replace(b":", b": ", 1),
        default_policy().document.rstrip(),
        b"{" * 100_000,
    ],
)
def test_what_is_no_policy_of_this_format_is_refused(document: bytes) -> None:
    with pytest.raises(PolicyUnreadableError):
        Policy.of_document(document)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda b: default_policy().document[:500] + b))
def test_no_bytes_are_anything_but_a_policy_or_unreadable(data: bytes) -> None:
    with pytest.raises(PolicyUnreadableError):
        Policy.of_document(data)


def test_rows_say_until_when_something_proves_anything() -> None:
    policy = default_policy()
    assert policy.digest_row("sha256") is not None
    assert policy.digest_row("whirlpool") is None
    sizes = {bits: policy.key_row("rsa", bits) for bits in (512, 1024, 2047, 2048, 4096)}
    ends = {bits: row.until if row else None for bits, row in sizes.items()}
    assert ends[512] is not None
    assert ends[512].year == 1970
    assert ends[1024] == ends[2047]
    assert (ends[2048], ends[4096]) == (None, None)
    assert policy.key_row("ec", 256, "secp256r1") is not None
    assert policy.key_row("ec", 0, "1.2.3.4") is None
    assert policy.key_row("ed25519", 0) is not None
    assert policy.key_row("ml_dsa_65", 0) is None


def test_a_sha1_imprint_falls_back_to_the_ordinary_row_when_its_practice_is_off() -> None:
    content = json.loads(default_policy().document)
    content["practice"]["imprint-sha1"]["value"] = "refused"
    row, usual = Policy.of_content(content).imprint_row("sha1"), default_policy().imprint_row("sha1")
    assert row is not None
    assert usual is not None
    assert row.until == default_policy().digests["sha1"].until
    assert usual.until == default_policy().practices["imprint-sha1"].until


# ------------------------------------------------------------ proofs of existence


def test_the_earliest_proof_of_an_object_counts_and_tables_do_not_change() -> None:
    first = Existence.recorded({"a": NOW, "b": NOW})
    second = first.proving([("a", Proof(NOW - DAY, "x")), ("b", Proof(NOW + DAY, "y"))])
    assert second.of("a") == Proof(NOW - DAY, "x")
    assert second.of("b") == Proof(NOW, "evidence-record")
    assert first.of("a") == Proof(NOW, "evidence-record")
    assert first.joined(second).of("a") == second.joined(first).of("a") == Proof(NOW - DAY, "x")


def test_what_nothing_proves_is_as_old_as_the_moment_of_judging() -> None:
    table = Existence.known_since({"a": "2026-01-01T00:00:00.000Z", "b": "2030-01-01T00:00:00.000Z"})
    assert table.since("a", NOW) == datetime(2026, 1, 1, tzinfo=UTC)
    assert table.since("b", NOW) == NOW, "a proof from after the time of judging proves nothing then"
    assert table.since("c", NOW) == NOW


# ------------------------------------------------------------ the plain word


ORDER = {"valid": 2, "insufficient": 1, "invalid": 0}


def test_the_plain_word_never_rises_with_a_graver_change_or_a_worse_verdict() -> None:
    grave = ("", "allowed", VOUCHED, DOUBTFUL, CONTENT)
    worse = ("TOTAL_PASSED", "INDETERMINATE", "TOTAL_FAILED")
    for verdict, (less, more) in itertools.product(worse, itertools.pairwise(grave)):
        assert ORDER[plain_word(verdict, "whole-file", less)] >= ORDER[plain_word(verdict, "whole-file", more)]
    for change, (better, lesser) in itertools.product(grave, itertools.pairwise(worse)):
        assert ORDER[plain_word(better, None, change)] >= ORDER[plain_word(lesser, None, change)]
    assert plain_word("TOTAL_PASSED", "whole-file", NOTHING) == "valid"
    assert plain_word("TOTAL_PASSED", "unclear", NOTHING) == "insufficient"
    assert {plain_word(v, c, CONTENT) for v in worse for c in ("whole-file", None)} == {"invalid"}


@pytest.mark.parametrize(
    ("kind", "revision", "word"),
    [
        ("content", 5, CONTENT),
        ("removed", 5, CONTENT),
        ("form-field", 5, CONTENT),
        ("annotation", 5, DOUBTFUL),
        ("unknown", 5, DOUBTFUL),
        ("content", 3, VOUCHED),
    ],
)
def test_a_change_is_as_grave_as_its_kind_unless_a_later_signature_vouches_for_it(
    kind: str, revision: int, word: str
) -> None:
    assert gravest_change([Change(revision, kind, "x")], 4, default_policy()) == word


def test_the_gravest_of_several_changes_counts() -> None:
    changes = [Change(5, "annotation", "x"), Change(5, "content", "y"), Change(2, "content", "z")]
    assert gravest_change(changes, 4, default_policy()) == CONTENT
    assert gravest_change([], 4, default_policy()) == NOTHING


# ------------------------------------------------------------ words


def test_every_sub_indication_belongs_to_one_indication() -> None:
    assert not set(FAILED) & set(INDETERMINATE)
    assert {i.value for i in Indication} == {"TOTAL_PASSED", "TOTAL_FAILED", "INDETERMINATE"}


def test_what_fills_the_gap_behind_a_cms_is_cut_off() -> None:
    short, long = b"\x30\x03\x02\x01\x00", b"\x30\x82\x01\x00" + b"\x04\x81\xfd" + b"\0" * 253
    assert trimmed(short + b"\0" * 9) == short
    assert trimmed(long + b"\0" * 9) == long
    indefinite = b"\x30\x80\x02\x01\x00\0\0"
    assert trimmed(indefinite + b"\0" * 9) == indefinite
    assert trimmed(b"\x30\x82\xff\xff1") == b"\x30\x82\xff\xff1"
    assert trimmed(b"") == b""


def test_what_the_operator_hands_in_is_not_cut_as_what_a_file_brings_is(corpus: Corpus) -> None:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    strangers = [corpus.person().certificate for _ in range(MAX_CERTIFICATES + 3)]
    junk = [b"junk %d" % number for number in range(MAX_ANSWERS + 100)]
    world = World.of(
        at=NOW,
        anchors=[*strangers, corpus.pki.root.der],
        intermediates=[*strangers, corpus.pki.issuing.der],
        answers=[*junk, *corpus.pki.lists(at)],
    )
    judged, _ = judge_cms(corpus.cms(b"x", detached=False), None, world)
    assert judged.verdicts[0]["indication"] == "TOTAL_PASSED"
    hostile = World.of(at=NOW, anchors=[corpus.pki.root.der]).with_material(strangers, [*junk, *corpus.pki.lists(at)])
    judged, _ = judge_cms(corpus.cms(b"x", detached=False), None, hostile)
    assert judged.verdicts[0]["indication"] == "INDETERMINATE"
