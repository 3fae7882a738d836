"""What a proof proves: under whose anchors it holds, what breaks it, what only leaves it open."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import archive.preservation.proofs
import archive.services.proof_checking
from archive.demo.pki import Pki, new_pki
from archive.preservation.proofs import steps
from archive.preservation.proofs.opening import open_proof
from archive.preservation.proofs.steps import EXIT_CODES, NAMES, Report, Step
from archive.preservation.proofs.telling import lines
from archive.preservation.proofs.token_paths import missing_links
from archive.preservation.proofs.verdict_check import kept_in
from archive.preservation.proofs.verification import Auditor, check
from archive.preservation.signatures.pdf_facts import PdfFacts, SignedField
from archive.preservation.signatures.pdf_facts_json import facts_document, facts_of
from archive.preservation.signatures.replaying import replay
from archive.preservation.signatures.signing import Signing, sign_bytes
from metadata.messages import LANGUAGES, catalogue
from tests.fixtures.pki import LONG, SIGNED, TODAY, Corpus, with_page_content
from tests.generators.proofs import (
    DESCRIPTION,
    EAD,
    ORIGINAL,
    VERDICT,
    ProofParts,
    judged,
    record_over,
    sha256,
    signed_proof,
    unsigned_proof,
    verdict_member,
)

DAY = timedelta(days=1)


@pytest.fixture
def parts(corpus: Corpus, tmp_path: Path) -> ProofParts:
    """The proof of a signed document, as the archive makes it."""
    return made(corpus, corpus.blta, tmp_path)


def made(corpus: Corpus, data: bytes, folder: Path) -> ProofParts:
    return signed_proof(
        corpus.pki,
        data,
        corpus.trust,
        folder,
        judged_at=TODAY,
        stamped_at=TODAY + DAY,
        revocation=corpus.pki.lists(SIGNED),
    )


def checked(data: bytes, *anchors: bytes, days: int = 2) -> Report:
    return check(io.BytesIO(data), Auditor(anchors, TODAY + days * DAY))


def under_own_anchors(parts: ProofParts, corpus: Corpus) -> Report:
    return checked(parts.zip(), corpus.pki.root.der)


def step(report: Report, name: str) -> Step:
    return next(found for found in report.steps if found.name == name)


def broken(report: Report) -> list[str]:
    assert report.ok is False
    return [found.name for found in report.steps if found.decides and found.ok is False]


def restamped(parts: ProofParts, pki: Pki) -> ProofParts:
    """The same with an evidence record over what the files are now: what whoever has a time-stamp authority can do."""
    return replace(parts, record=record_over(pki, parts.files, TODAY + DAY))


# ------------------------------------------------------------ it holds


def test_a_proof_holds_under_the_auditors_own_anchors(parts: ProofParts, corpus: Corpus) -> None:
    report = under_own_anchors(parts, corpus)
    assert report.ok is True, report
    assert [found.ok for found in report.steps if found.decides] == [True] * 8
    assert report.proven == "2026-11-29T00:00:00.000Z"
    assert report.subject["ordinal"] == 1
    anchors = [what.values["sha256"] for what in report.trusted if what.key == "trust_anchor"]
    assert anchors == [sha256(corpus.pki.root.der)]
    assert any(what.key == "trust_authorities" for what in report.trusted)
    assert step(report, steps.MANIFEST).more["sha256"] == report.manifest


def test_a_document_without_signatures_is_proven_as_well(corpus: Corpus) -> None:
    report = under_own_anchors(unsigned_proof(corpus.pki, SIGNED), corpus)
    assert (report.ok, report.proven) == (True, "2026-06-15T09:00:00.000Z")
    assert "no signature" in step(report, steps.REPLAY).detail


def test_what_the_verdict_says_is_told_and_does_not_decide(corpus: Corpus, tmp_path: Path) -> None:
    changed = bytearray(corpus.signed())
    changed[100] ^= 1
    report = under_own_anchors(made(corpus, bytes(changed), tmp_path), corpus)
    assert report.ok is True
    assert step(report, steps.VERDICT).more["indication"] == "TOTAL_FAILED"


def test_without_own_anchors_a_proof_is_consistent_and_no_more(parts: ProofParts) -> None:
    report = checked(parts.zip())
    assert (report.ok, EXIT_CODES[report.ok], report.proven) == (None, 6, None)
    assert [what.key for what in report.trusted if what.key.startswith("trust_a")] == []
    assert [found.name for found in report.steps if found.decides and found.ok is not True] == [steps.TIME_STAMP]


def test_the_verifier_says_that_it_took_the_structure_as_kept(parts: ProofParts, corpus: Corpus) -> None:
    report = under_own_anchors(parts, corpus)
    assert step(report, steps.STRUCTURE).more["read_again"] is False
    assert any(what.key == "trust_structure" for what in report.trusted)


def read_again(parts: ProofParts, corpus: Corpus, facts: bytes) -> Report:
    auditor = Auditor((corpus.pki.root.der,), TODAY + 2 * DAY, lambda _original, _path: facts)
    return check(io.BytesIO(parts.zip()), auditor)


def test_a_reader_that_finds_the_same_facts_confirms_them(parts: ProofParts, corpus: Corpus) -> None:
    report = read_again(parts, corpus, parts.objects[json.loads(parts.files[VERDICT])["facts"]])
    assert (report.ok, step(report, steps.STRUCTURE).more["read_again"]) == (True, True)
    assert not any(what.key == "trust_structure" for what in report.trusted)


def test_facts_that_tell_the_same_verdict_otherwise_are_no_contradiction(parts: ProofParts, corpus: Corpus) -> None:
    facts = facts_of(parts.objects[json.loads(parts.files[VERDICT])["facts"]])
    other = facts_document(replace(facts, fields=tuple(replace(f, locks="all") for f in facts.fields)))
    report = read_again(parts, corpus, other)
    assert (report.ok, "the same verdict" in step(report, steps.STRUCTURE).detail) == (True, True)


def lied(parts: ProofParts) -> tuple[Mapping[str, Any], ...]:
    """What the engine says under the facts of a proof, whatever they are."""
    proof, _ = open_proof(io.BytesIO(parts.zip()))
    assert proof is not None
    (one,) = kept_in(proof)
    return replay(one.kept, one).now


def test_facts_that_hide_what_was_changed_are_found_by_a_reader(corpus: Corpus, tmp_path: Path) -> None:
    """An archive that lies about the structure has the lie time-stamped; whoever reads the file again sees it."""
    parts = made(corpus, with_page_content(corpus.blt), tmp_path)
    true = parts.objects[json.loads(parts.files[VERDICT])["facts"]]
    hidden = facts_document(replace(facts_of(true), changes=()))
    parts.objects = {**{k: d for k, d in parts.objects.items() if d != true}, sha256(hidden): hidden}
    kept = json.loads(parts.files[VERDICT]) | {"facts": sha256(hidden)}
    parts.files[VERDICT] = json.dumps(kept).encode()
    kept["verdicts"] = [dict(verdict) for verdict in lied(parts)]
    assert kept["verdicts"][0]["changed_after"] == []
    parts.files[VERDICT] = json.dumps(kept).encode()
    restamp = restamped(parts, corpus.pki)
    assert under_own_anchors(restamp, corpus).ok is True, (
        "the one-file verifier trusts the archive's reading, and says so"
    )
    assert broken(read_again(restamp, corpus, true)) == [steps.STRUCTURE]


def test_a_token_without_the_certificate_above_it_is_followed_by_the_links_of_the_proof(corpus: Corpus) -> None:
    """Some authorities give their own certificate only; whoever brings the root alone can follow all the same."""
    parts = unsigned_proof(corpus.pki, SIGNED)
    bare = replace(corpus.pki.stamper, chain=())
    parts.record = record_over(corpus.pki, parts.files, SIGNED, stamper=bare)
    assert under_own_anchors(parts, corpus).ok is None
    links = missing_links(parts.record, [corpus.pki.root.der], [corpus.pki.issuing.der, corpus.pki.stamping.der])
    assert links == (corpus.pki.stamping.der,)
    parts.links = (sha256(links[0]),)
    assert broken(under_own_anchors(parts, corpus)) == [steps.OBJECTS]
    parts.objects = {sha256(links[0]): links[0]}
    report = under_own_anchors(parts, corpus)
    assert (report.ok, [w.key for w in report.trusted if w.key == "trust_anchor"]) == (True, ["trust_anchor"])
    assert checked(parts.zip()).ok is None, "a link is no anchor"


def test_a_token_that_carries_its_path_needs_no_links(parts: ProofParts, corpus: Corpus) -> None:
    assert missing_links(parts.record, [corpus.pki.root.der], corpus.pki.certificates()) == ()


# ------------------------------------------------------------ forgeries


def forged(corpus: Corpus, folder: Path) -> tuple[Pki, ProofParts]:
    """A forger's document with his own authorities, time-stamps and trust set: consistent in itself."""
    pki = new_pki(SIGNED - timedelta(days=730), SIGNED + LONG)
    other = Corpus(folder, pki)
    return pki, made(other, other.blta, folder)


def test_a_forged_bundle_with_its_own_authorities_is_consistent_and_never_holds(corpus: Corpus, tmp_path: Path) -> None:
    pki, parts = forged(corpus, tmp_path)
    report = under_own_anchors(parts, corpus)
    assert report.ok is None
    assert step(report, steps.REPLAY).ok is True
    assert step(report, steps.VERDICT).more["indication"] == "TOTAL_PASSED"
    assert step(report, steps.TIME_STAMP).ok is None
    assert step(report, steps.OWN_TRUST).more["indication"] == "INDETERMINATE"
    assert checked(parts.zip(), pki.root.der).ok is True, "to the forger's own friends it holds"


def test_a_real_time_stamp_over_a_forgers_verdict_shows_what_it_is_under_own_anchors(
    corpus: Corpus, tmp_path: Path
) -> None:
    _, parts = forged(corpus, tmp_path)
    report = under_own_anchors(restamped(parts, corpus.pki), corpus)
    assert step(report, steps.VERDICT).more["indication"] == "TOTAL_PASSED"
    own = step(report, steps.OWN_TRUST)
    assert (own.more["indication"], own.more["subindication"]) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")


def test_another_original_under_the_same_evidence_record_is_found(parts: ProofParts, corpus: Corpus) -> None:
    parts.files[ORIGINAL] = parts.files[ORIGINAL] + b"\n"
    assert steps.RECORD in broken(under_own_anchors(parts, corpus))


@pytest.mark.parametrize("path", [DESCRIPTION, VERDICT])
def test_a_file_taken_out_of_the_data_group_is_found(parts: ProofParts, corpus: Corpus, path: str) -> None:
    del parts.files[path]
    assert steps.RECORD in broken(under_own_anchors(parts, corpus))


def test_a_data_group_cut_down_to_its_original_is_found(parts: ProofParts, corpus: Corpus) -> None:
    for path in (DESCRIPTION, VERDICT):
        del parts.files[path]
    parts.objects.clear()
    assert broken(under_own_anchors(parts, corpus)) == [steps.RECORD]
    parts.files["representations/rep1/data/copy.pdf"] = parts.files[ORIGINAL]
    assert broken(under_own_anchors(parts, corpus)) == [steps.RECORD], "nor down to copies of it"


def test_a_file_put_into_the_data_group_is_found(parts: ProofParts, corpus: Corpus) -> None:
    parts.files["representations/rep2/data/H49.001.pdf"] = b"%PDF-1.7 never archived"
    assert broken(under_own_anchors(parts, corpus)) == [steps.RECORD]


def test_a_token_for_something_else_is_found(parts: ProofParts, corpus: Corpus) -> None:
    parts.record = record_over(corpus.pki, {"a": b"1", "b": b"2"}, TODAY)
    assert broken(under_own_anchors(parts, corpus)) == [steps.RECORD]


def renamed(parts: ProofParts, old: str, new: str) -> ProofParts:
    """The same bytes under another name: names are not under the time-stamp."""
    parts.files[new] = parts.files.pop(old)
    return parts


def test_a_verdict_hidden_under_another_name_is_found(parts: ProofParts, corpus: Corpus) -> None:
    """The evidence record covers bytes: a verdict of TOTAL_FAILED could otherwise pass as some other file."""
    hidden = renamed(parts, VERDICT, "representations/rep2/data/H49.001.pdf")
    hidden.objects.clear()
    report = under_own_anchors(hidden, corpus)
    assert step(report, steps.RECORD).ok is True
    assert broken(report) == [steps.STATEMENT]


@pytest.mark.parametrize(("key", "value"), [("ordinal", 2), ("doc_code", "H49.002"), ("file_code", "H50")])
def test_a_number_or_code_that_the_metadata_do_not_bear_out_is_found(
    parts: ProofParts, corpus: Corpus, key: str, value: object
) -> None:
    parts.subject[key] = value
    report = under_own_anchors(parts, corpus)
    assert broken(report) == [steps.STATEMENT]
    assert next(found for found in report.steps if found.ok is False).said.values["names"] == key


def test_codes_are_compared_as_xml_means_them(corpus: Corpus) -> None:
    parts = unsigned_proof(corpus.pki, SIGNED)
    parts.files[DESCRIPTION] = EAD.replace(b"<docCode>H49.001<", b"<docCode>H&amp;49 &lt;1&gt;<")
    parts.subject["doc_code"] = "H&49 <1>"
    assert under_own_anchors(restamped(parts, corpus.pki), corpus).ok is True


def test_metadata_under_another_name_are_compared_all_the_same(parts: ProofParts, corpus: Corpus) -> None:
    """Names are not under the time-stamp: a proof could otherwise be told to be of any document."""
    elsewhere = renamed(parts, DESCRIPTION, "representations/rep3/data/H49.001.jsonl.zst")
    assert under_own_anchors(elsewhere, corpus).ok is True
    elsewhere.subject["doc_code"] = "H49.002"
    assert broken(under_own_anchors(elsewhere, corpus)) == [steps.STATEMENT]


def test_identifiers_that_nothing_time_stamped_bears_out_are_told_as_the_archives_word(
    parts: ProofParts, corpus: Corpus
) -> None:
    assert "trust_identifiers" in {what.key for what in under_own_anchors(parts, corpus).trusted}
    nameless = renamed(parts, DESCRIPTION, "metadata/descriptive/EAD.xml")
    nameless.files["metadata/descriptive/EAD.xml"] = b"<ead/>"
    report = under_own_anchors(restamped(nameless, corpus.pki), corpus)
    assert (report.ok, "trust_subject" in {what.key for what in report.trusted}) == (True, True)


def test_a_signed_original_without_a_kept_verdict_is_told_by_a_reader(corpus: Corpus) -> None:
    parts = unsigned_proof(corpus.pki, SIGNED)
    signed, bare = PdfFacts(1, fields=(SignedField("ChuKy1", None, False, b""),)), PdfFacts(1)
    told = read_again(parts, corpus, facts_document(signed))
    assert (told.ok, step(told, steps.VERDICT).said.key) == (True, "verdict_missing")
    assert steps.VERDICT not in {found.name for found in read_again(parts, corpus, facts_document(bare)).steps}


# ------------------------------------------------------------ the kept verdict


def with_verdict(parts: ProofParts, corpus: Corpus, change: Callable[[dict[str, Any]], None]) -> Report:
    """The proof with a changed verdict that was time-stamped as if the archive had given it."""
    kept = json.loads(parts.files[VERDICT])
    change(kept)
    parts.files[VERDICT] = json.dumps(kept).encode()
    return under_own_anchors(restamped(parts, corpus.pki), corpus)


def test_a_verdict_that_does_not_follow_from_its_evidence_is_found(parts: ProofParts, corpus: Corpus) -> None:
    report = with_verdict(parts, corpus, lambda kept: kept["verdicts"][0].update(signer="Người khác"))
    assert broken(report) == [steps.REPLAY]
    (difference,) = step(report, steps.REPLAY).more["differences"]
    assert (difference["key"], difference["kept"], difference["now"]) == ("signer", "Người khác", "Nguyễn Văn Minh")


def test_a_verdict_of_another_engine_that_differs_leaves_the_proof_open(parts: ProofParts, corpus: Corpus) -> None:
    def newer(kept: dict[str, Any]) -> None:
        kept["engine"] = "luutru-signatures 99"
        for verdict in kept["verdicts"]:
            verdict["engine"] = kept["engine"]

    report = with_verdict(parts, corpus, newer)
    assert (report.ok, step(report, steps.REPLAY).ok) == (None, None)
    assert "luutru-signatures 99" in step(report, steps.REPLAY).detail


def test_verdicts_of_the_first_release_leave_the_proof_open(parts: ProofParts, corpus: Corpus) -> None:
    def first_release(kept: dict[str, Any]) -> None:
        for name in ("policy", "judged_at", "engine", "facts", "objects", "content"):
            del kept[name]

    parts.objects.clear()
    report = with_verdict(parts, corpus, first_release)
    assert report.ok is None
    assert "first release" in step(report, steps.REPLAY).detail


def test_a_verdict_about_a_file_that_is_not_in_the_proof_is_found(parts: ProofParts, corpus: Corpus) -> None:
    report = with_verdict(parts, corpus, lambda kept: kept.update(path="representations/rep1/data/other.pdf"))
    assert steps.REPLAY in broken(report)


def test_two_sets_of_verdicts_on_one_file_are_found(parts: ProofParts, corpus: Corpus) -> None:
    parts.files["metadata/other/signatures/002.json"] = parts.files[VERDICT] + b" "
    assert broken(under_own_anchors(restamped(parts, corpus.pki), corpus)) == [steps.OBJECTS]


def test_each_object_that_a_verdict_leans_on_is_missed(parts: ProofParts, corpus: Corpus) -> None:
    kept = json.loads(parts.files[VERDICT])
    assert len(kept["objects"]) > 5
    for name in (kept["trust_set"], kept["policy"], kept["facts"], *kept["objects"], sha256(corpus.pki.root.der)):
        lacking = replace(parts, objects={key: data for key, data in parts.objects.items() if key != name})
        report = under_own_anchors(lacking, corpus)
        assert steps.OBJECTS in broken(report), name
        assert name in step(report, steps.OBJECTS).detail or name in step(report, steps.REPLAY).detail


def test_an_object_that_no_verdict_names_is_found(parts: ProofParts, corpus: Corpus) -> None:
    parts.objects[sha256(b"smuggled")] = b"smuggled"
    assert broken(under_own_anchors(parts, corpus)) == [steps.OBJECTS]


def test_facts_that_speak_of_other_bytes_are_found_without_a_reader_of_pdf(
    parts: ProofParts, corpus: Corpus, tmp_path: Path
) -> None:
    other = made(corpus, with_page_content(corpus.blt), tmp_path)
    foreign = json.loads(other.files[VERDICT])["facts"]
    own = json.loads(parts.files[VERDICT])["facts"]
    parts.objects[foreign] = other.objects[foreign]
    del parts.objects[own]
    report = with_verdict(parts, corpus, lambda kept: kept.update(facts=foreign))
    assert steps.STRUCTURE in broken(report)


def detached(corpus: Corpus, folder: Path, algorithm: str, told: dict[str, str]) -> ProofParts:
    """The proof of a detached signature whose file is another document."""
    content = folder / "content.bin"
    content.write_bytes(b"noi dung")
    signature = sign_bytes(b"noi dung", corpus.leader, Signing(SIGNED, digest=algorithm), detached=True)
    path = "representations/rep1/data/H49.001.p7s"
    kept, objects = judged(signature, corpus.trust, TODAY, folder, path=path, content=content)
    files = {path: signature, DESCRIPTION: EAD, VERDICT: verdict_member(kept)}
    record = record_over(corpus.pki, files, TODAY + DAY)
    return ProofParts(files, record, objects, originals=(path,), elsewhere={kept.content: told})


def test_a_detached_signature_is_judged_by_the_digest_of_what_it_signs(corpus: Corpus, tmp_path: Path) -> None:
    digests = {"sha384": hashlib.sha384(b"noi dung").hexdigest()}
    assert under_own_anchors(detached(corpus, tmp_path, "sha256", {}), corpus).ok is True
    assert under_own_anchors(detached(corpus, tmp_path, "sha384", digests), corpus).ok is True


def test_without_the_digest_that_it_needs_a_detached_signature_stays_open(corpus: Corpus, tmp_path: Path) -> None:
    report = under_own_anchors(detached(corpus, tmp_path, "sha384", {}), corpus)
    assert (report.ok, step(report, steps.REPLAY).ok) == (None, None)
    assert "no digest under sha384" in step(report, steps.REPLAY).detail


def test_a_false_digest_of_what_is_signed_is_found(corpus: Corpus, tmp_path: Path) -> None:
    false = {"sha384": hashlib.sha384(b"something else").hexdigest()}
    assert steps.REPLAY in broken(under_own_anchors(detached(corpus, tmp_path, "sha384", false), corpus))


# ------------------------------------------------------------ hostile and other years


def test_a_change_of_any_byte_never_holds_and_names_its_step(parts: ProofParts, corpus: Corpus) -> None:
    data = parts.zip()
    chance = random.Random(2)  # noqa: S311 - a repeatable sequence is wanted
    for _ in range(200):
        changed = bytearray(data)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        report = checked(bytes(changed), corpus.pki.root.der)
        assert report.ok is False
        assert broken(report)[0] in {steps.CONTAINER, steps.MANIFEST}


@pytest.mark.parametrize(
    "hostile",
    [
        b"[" * 50_000,
        b"{}",
        b'{"path": 1, "verdicts": [{}]}',
        b'{"path": "a", "sha256": "", "verdicts": [{"field": "\\ud800"}], "policy": "x"}',
        b'{"path": "representations/rep1/data/H49.001.pdf", "verdicts": [{"indication": []}], "policy": "0"}',
        b"\xff\xfe",
    ],
)
def test_hostile_verdicts_end_in_a_step_and_in_no_exception(parts: ProofParts, corpus: Corpus, hostile: bytes) -> None:
    parts.files[VERDICT] = hostile
    report = under_own_anchors(restamped(parts, corpus.pki), corpus)
    assert report.ok is False
    assert all(line.encode() for line in lines(report, "vi", as_json=True))


def test_texts_of_strangers_neither_break_the_stream_nor_paint_the_terminal(parts: ProofParts, corpus: Corpus) -> None:
    kept = json.loads(parts.files[VERDICT])
    kept["verdicts"][0]["signer"] = "\ud800\x1b[31m\x9b2J"
    parts.files[VERDICT] = json.dumps(kept).encode()
    report = under_own_anchors(restamped(parts, corpus.pki), corpus)
    assert report.ok is False
    for as_json in (True, False):
        told = "".join(lines(report, "vi", as_json=as_json)).encode().decode()
        assert "\x1b" not in told


class Failing(io.BytesIO):
    """A disk that cannot be read behind its first kilobyte."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 1024 and self.tell() < len(self.getbuffer()) // 2:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_system_that_fails_says_nothing_about_the_proof(parts: ProofParts, corpus: Corpus) -> None:
    with pytest.raises(OSError, match="Input/output"):
        check(Failing(parts.zip()), Auditor((corpus.pki.root.der,), TODAY + 2 * DAY))

    def full(_original: object, _path: str) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        check(io.BytesIO(parts.zip()), Auditor((corpus.pki.root.der,), TODAY + 2 * DAY, full))


@pytest.mark.parametrize("record", [b"", b"0" * 100, b"\x30\x80" * 5000, b"\x30\x84\xff\xff\xff\xff", bytes(3000)])
def test_hostile_evidence_records_end_in_a_step(parts: ProofParts, corpus: Corpus, record: bytes) -> None:
    parts.record = record
    assert broken(under_own_anchors(parts, corpus)) == [steps.RECORD]


def test_a_hostile_trust_set_ends_in_a_step(parts: ProofParts, corpus: Corpus) -> None:
    for document in (b"[" * 50_000, b'{"certificates": [{"sha256": 5}]}', b'{"certificates": 7}', b"null"):
        name = sha256(document)
        changed = replace(parts, objects={**parts.objects, name: document})
        report = with_verdict(changed, corpus, lambda kept, name=name: kept.update(trust_set=name))  # type: ignore[misc]
        assert report.ok is False


def test_years_later_a_proof_whose_time_stamp_ran_out_is_open_and_not_false(parts: ProofParts, corpus: Corpus) -> None:
    report = checked(parts.zip(), corpus.pki.root.der, days=365 * 12)
    assert report.ok is None
    assert step(report, steps.REPLAY).ok is True, "replaying needs no clock"


# ------------------------------------------------------------ telling


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_a_title_and_every_ending_its_words(parts: ProofParts, corpus: Corpus, language: str) -> None:
    assert {f"proofs.step.{name}" for name in NAMES} <= set(catalogue())
    root = corpus.pki.root.der
    endings = [checked(parts.zip(), root), checked(parts.zip()), checked(parts.zip()[:-1], root)]
    last = [list(lines(report, language, as_json=False))[-1] for report in endings]
    assert len(set(last)) == 3
    for report in endings:
        told = [json.loads(line) for line in lines(report, language, as_json=True)]
        assert all(line.keys() >= {"step", "ok", "detail"} for line in told[:-1])
        assert told[-1].keys() >= {"subject", "ok", "steps"}


def test_every_sentence_of_the_checks_is_in_the_catalogue_and_none_is_there_for_nothing() -> None:
    folder = Path(archive.preservation.proofs.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    sources += Path(archive.services.proof_checking.__file__).read_text(encoding="utf-8")
    known = {key.removeprefix("proofs.said.") for key in catalogue() if key.startswith("proofs.said.")}
    used = set(re.findall(r'"([a-z_]+)"', sources))
    assert known <= used
    assert set(re.findall(r'said\(\s*"([a-z_]+)"', sources)) <= known


def test_nothing_of_another_document_stands_in_the_evidence_record(corpus: Corpus) -> None:
    neighbour = b"Quyet dinh mat cua van ban khac"
    parts = unsigned_proof(corpus.pki, SIGNED)
    parts.record = record_over(corpus.pki, parts.files, SIGNED, beside=[neighbour])
    assert hashlib.sha256(neighbour).digest() in parts.record
    assert neighbour not in parts.zip()
    assert under_own_anchors(parts, corpus).ok is True
