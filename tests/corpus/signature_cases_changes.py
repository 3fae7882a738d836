"""What was changed after signing: a second field beside the ETSI verdict, and the plain word that follows from both."""

from __future__ import annotations

import json

from archive.demo.pki import new_pki
from archive.preservation.signatures.policy import Policy, default_policy
from archive.preservation.signatures.signing import Signing, sign_pdf
from metadata.verdicts import PlainWord
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import LONG, SIGNED, Corpus, with_comment, with_filled_field, with_page_content

_VALID, _OPEN, _FALSE = PlainWord.VALID, PlainWord.INSUFFICIENT, PlainWord.INVALID


def _by_agency(corpus: Corpus, pdf: bytes) -> bytes:
    how = Signing(SIGNED, field_name="CoQuan", stamper=corpus.stamper())
    return corpus.long_term(sign_pdf(pdf, corpus.pki.people["agency"], how))


@case(passed(plain=_FALSE, reason="changed-after: content"))
def content_behind_the_last_signature(corpus: Corpus) -> Prepared:
    """The signature still holds for what was signed; the file that a reader sees is another: never valid."""
    return Prepared(with_page_content(corpus.blt))


@case(passed(plain=_FALSE))
def form_field_filled_behind_the_last_signature(corpus: Corpus) -> Prepared:
    """A sum of money typed over after an approval signature (the library calls that valid)."""
    return Prepared(with_filled_field(corpus.blt))


@case(passed(plain=_OPEN, reason="changed-after: something"))
def comment_behind_the_last_signature(corpus: Corpus) -> Prepared:
    """A remark changes no content and is covered by nobody."""
    return Prepared(with_comment(corpus.blt))


@case(passed(plain=_OPEN, practice="number-and-date-between-signatures"), passed(plain=_VALID))
def number_and_date_between_two_signatures(corpus: Corpus) -> Prepared:
    """Vietnamese practice: the ETSI verdict stands, the change is named, the agency's signature vouches for it."""
    return Prepared(_by_agency(corpus, with_page_content(corpus.stamped())))


@case(passed(plain=_VALID), passed(plain=_VALID))
def number_and_date_accepted_by_policy(corpus: Corpus) -> Prepared:
    """An installation may accept what a later signature vouches for."""
    content = json.loads(default_policy().document)
    content["practice"]["number-and-date-between-signatures"]["value"] = "accepted"
    pdf = _by_agency(corpus, with_page_content(corpus.stamped()))
    return Prepared(pdf, policy=Policy.of_content(content))


@case(passed(plain=_FALSE), undecided("NO_CERTIFICATE_CHAIN_FOUND", "no-chain", plain=_OPEN))
def number_and_date_before_a_signature_of_a_stranger(corpus: Corpus) -> Prepared:
    """A later signature that does not pass vouches for nothing."""
    pdf = with_page_content(corpus.stamped())
    stranger = new_pki(SIGNED - LONG, SIGNED + LONG).people["agency"]
    pdf = sign_pdf(pdf, stranger, Signing(SIGNED, field_name="Sau"))
    return Prepared(corpus.long_term(pdf))


@case(passed(plain=_OPEN), passed())
def signature_added_where_none_was_allowed(corpus: Corpus) -> Prepared:
    """The first signer forbade any change (DocMDP 1); another signed all the same."""
    pdf = corpus.signed(forbids_change=True, stamper=corpus.stamper())
    return Prepared(_by_agency(corpus, pdf))


@case(passed(plain=_OPEN))
def bytes_behind_the_last_revision(corpus: Corpus) -> Prepared:
    """What readers pass over is told; it belongs to no revision."""
    return Prepared(corpus.blt + b"7 0 obj << >> endobj")


@case(failed("HASH_FAILURE", "hash"))
def signed_byte_changed(corpus: Corpus) -> Prepared:
    """One byte within what was signed."""
    pdf = bytearray(corpus.blt)
    pdf[pdf.index(b"stream") + 10] ^= 1
    return Prepared(bytes(pdf))
