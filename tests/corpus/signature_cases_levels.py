"""Levels of signatures, and how agencies sign."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from archive.preservation.signatures.signing import Appearance, Signing, sign_pdf
from metadata.verdicts import PlainWord
from tests.corpus.signature_case import Prepared, case, passed, undecided
from tests.fixtures.pki import SIGNED, TODAY, Corpus

DAY = timedelta(days=1)
TIME = "2026-06-15T09:00:00.000Z"


@case(
    undecided(
        "TRY_LATER", "revocation-unknown: no answer", level="B-B", plain=PlainWord.INSUFFICIENT, helps="revocation-data"
    )
)
def basic_and_nothing_known_of_revocation(corpus: Corpus) -> Prepared:
    """A basic signature about whose certificate nothing is known is to be tried later."""
    return Prepared(corpus.signed())


@case(passed(level="B-B", plain=PlainWord.VALID))
def basic_with_lists_handed_in(corpus: Corpus) -> Prepared:
    """Fresh lists from the operator are enough for a basic signature of today; its time is only claimed."""
    return Prepared(corpus.signed(), revocation=corpus.pki.lists(TODAY - DAY))


@case(passed(level="B-T", best_time=TIME, proof="signature-time-stamp"))
def stamped_with_lists_handed_in(corpus: Corpus) -> Prepared:
    """A signature time-stamp proves the time."""
    return Prepared(corpus.stamped(), revocation=corpus.pki.lists(TODAY - DAY))


@case(passed(level="B-LT", best_time=TIME, proof="signature-time-stamp", plain=PlainWord.VALID))
def long_term(corpus: Corpus) -> Prepared:
    """The file carries its own revocation data."""
    return Prepared(corpus.blt)


@case(passed(level="B-LTA", best_time=TIME), passed(level="RFC 3161"))
def long_term_archived(corpus: Corpus) -> Prepared:
    """A document time-stamp over all of it has a verdict of its own."""
    return Prepared(corpus.blta)


@case(passed(level="B-LTA", best_time="2026-06-16T09:00:00.000Z", proof="document-time-stamp"), passed())
def basic_under_a_document_time_stamp(corpus: Corpus) -> Prepared:
    """A document time-stamp alone proves the time of a basic signature (defect D2 of the library's engine)."""
    return Prepared(corpus.archived(corpus.long_term(corpus.signed()), SIGNED + DAY))


@case(passed(level="adbe.pkcs7.detached", best_time=TIME, practice="signing-time-local-marked-utc"))
def adobe_with_local_time_marked_utc(corpus: Corpus) -> Prepared:
    """The plain Adobe kind keeps its name; Vietnamese local time marked as UTC is named, the time-stamp counts."""
    how: dict[str, Any] = {"revocation": corpus.pki.lists(SIGNED), "claims_local_time": True}
    return Prepared(corpus.signed(sub_filter="adbe.pkcs7.detached", stamper=corpus.stamper(), **how))


@case(*[passed(level="B-LT", practice="several-signatures-in-turn", plain=PlainWord.VALID)] * 4)
def four_signatures_in_turn(corpus: Corpus) -> Prepared:
    """Four people sign one after the other: four verdicts, and no change."""
    pdf = corpus.base
    for number in range(4):
        pdf = sign_pdf(pdf, corpus.leader, Signing(SIGNED, field_name=f"Ky{number}", stamper=corpus.stamper()))
    return Prepared(corpus.long_term(pdf))


def seal(folder: Path) -> Path:
    """A picture such as that of a seal."""
    path = folder / "dau.png"
    if not path.exists():
        output = io.BytesIO()
        Image.new("RGB", (40, 40), (200, 20, 30)).save(output, "PNG")
        path.write_bytes(output.getvalue())
    return path


@case(passed(practice="seal-image", plain=PlainWord.VALID))
def with_the_picture_of_a_seal(corpus: Corpus) -> Prepared:
    """The red seal of 02/2019 is presentation: named, no ground for anything."""
    look = Appearance((60, 60, 160, 160), seal(corpus.folder))
    return Prepared(corpus.long_term(corpus.signed(stamper=corpus.stamper(), appearance=look)))


@case(*[passed(level="B-LT", practice="seal-image", plain=PlainWord.VALID)] * 6)
def six_signatures_in_turn_with_their_seals(corpus: Corpus) -> Prepared:
    """As documents of several agencies look: each signature adds its picture beside the others; none is a change."""
    pdf = corpus.base
    for number in range(6):
        look = Appearance((20 + 90 * number, 60, 100 + 90 * number, 140), seal(corpus.folder))
        how = Signing(SIGNED, field_name=f"Ky{number}", stamper=corpus.stamper(), appearance=look)
        pdf = sign_pdf(pdf, corpus.leader, how)
    return Prepared(corpus.long_term(pdf))


@case(passed(level="B-LT", plain=PlainWord.VALID))
def certified_without_change(corpus: Corpus) -> Prepared:
    """A signer who allows no change allows the evidence that is added."""
    return Prepared(corpus.long_term(corpus.signed(forbids_change=True, stamper=corpus.stamper())))
