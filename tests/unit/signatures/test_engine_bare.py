"""The engine on a bare Python: what was kept is judged again without any library but our own arithmetic."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from archive.preservation.signatures.engine import World, judge_pdf
from archive.preservation.signatures.pdf_bytes import FileBytes
from archive.preservation.signatures.pdf_facts_json import facts_of
from metadata.time import rfc3339
from tests.corpus.signature_cases_algorithms import holder
from tests.fixtures.pki import TODAY, Corpus

ROOT = Path(__file__).parents[3]
BLOCKED = ("cryptography", "pydantic", "pikepdf", "pyhanko", "pyhanko_certvalidator", "lxml", "asn1crypto")
PROGRAM = """
import base64, json, sys
for name in {blocked!r}:
    sys.modules[name] = None
from archive.preservation.signatures.engine import World, judge_pdf
from archive.preservation.signatures.pdf_bytes import FileBytes
from archive.preservation.signatures.pdf_facts_json import facts_of
from metadata.time import from_rfc3339
given = json.load(sys.stdin)
der = lambda key: [base64.b64decode(text) for text in given[key]]
world = World.of(at=from_rfc3339(given["at"]), anchors=der("anchors"), answers=der("answers"))
(data,), (facts,) = der("data"), der("facts")
judged, _ = judge_pdf(facts_of(facts), FileBytes(data), world)
print(json.dumps(judged.verdicts))
"""


def test_a_kept_verdict_comes_out_the_same_without_any_library(corpus: Corpus) -> None:
    person = holder(corpus, ed25519.Ed25519PrivateKey.generate())
    pdf = corpus.archived(corpus.long_term(corpus.signed(person, digest="sha512", stamper=corpus.stamper())), TODAY)
    judgement = corpus.judgement(pdf)
    assert {v.indication.value for v in judgement.verdicts} == {"TOTAL_PASSED"}
    ders = {
        "anchors": [corpus.pki.root.der],
        "answers": list(judgement.objects),
        "data": [pdf],
        "facts": [judgement.facts],
    }
    text = {key: [base64.b64encode(der).decode() for der in found] for key, found in ders.items()}
    done = subprocess.run(
        [sys.executable, "-S", "-c", PROGRAM.format(blocked=BLOCKED)],
        input=json.dumps({**text, "at": rfc3339(TODAY)}),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=True,
    )
    world = World.of(at=TODAY, anchors=[corpus.pki.root.der], answers=judgement.objects)
    here, _ = judge_pdf(facts_of(judgement.facts), FileBytes(pdf), world)
    assert json.loads(done.stdout) == json.loads(json.dumps(here.verdicts))


def test_facts_that_are_not_of_these_bytes_are_a_format_failure(corpus: Corpus) -> None:
    judgement = corpus.judgement(corpus.blt)
    world = World.of(at=TODAY, anchors=[corpus.pki.root.der])
    moved = b"%PDF-1.7\n" + corpus.blt
    judged, _ = judge_pdf(facts_of(judgement.facts), FileBytes(moved), world)
    assert {v["subindication"] for v in judged.verdicts} == {"FORMAT_FAILURE"}


@pytest.mark.parametrize("place", [0.02, 0.3, 0.97])
def test_facts_and_a_byte_changed_since_are_a_broken_digest(corpus: Corpus, place: float) -> None:
    judgement = corpus.judgement(corpus.blt)
    facts = facts_of(judgement.facts)
    (signed,) = facts.fields
    assert signed.range is not None
    data = bytearray(corpus.blt)
    end = signed.range.first if place < 0.5 else signed.range.end
    data[int(end * place)] ^= 1
    world = World.of(at=TODAY, anchors=[corpus.pki.root.der], answers=judgement.objects)
    judged, _ = judge_pdf(facts, FileBytes(bytes(data)), world)
    assert judged.verdicts[0]["subindication"] in {"HASH_FAILURE", "FORMAT_FAILURE"}
    assert judged.verdicts[0]["indication"] == "TOTAL_FAILED"
