"""Algorithms: which are computed, which prove something, until when."""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto carries no types.

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from archive.demo.pki import Shape, Subject, new_credential
from archive.preservation.signatures.policy import Policy, default_policy
from archive.preservation.signatures.signing import Credential, Stamper, time_stamper
from metadata.verdicts import PlainWord
from tests.corpus.signature_case import Prepared, case, passed, undecided
from tests.corpus.signature_cases_stamps import server
from tests.fixtures.pki import LONG, SIGNED, TODAY, Corpus

DAY = timedelta(days=1)


def holder(corpus: Corpus, key: object, **shape: Any) -> Credential:  # noqa: ANN401 - fields of Shape
    """Somebody with a key of a certain kind."""
    corpus.numbers += 1
    return new_credential(
        Subject(f"Người thứ {corpus.numbers}"),
        corpus.pki.issuing,
        (SIGNED - 700 * DAY, SIGNED + LONG),
        number=corpus.numbers,
        chain=(corpus.pki.issuing.der,),
        shape=Shape(key=key, **shape),  # type: ignore[arg-type] # fields of Shape
    )


def issued_again(corpus: Corpus, certificate: bytes, digest: str) -> bytes:
    """A certificate signed anew by the issuing authority, also in ways that its library no longer offers."""
    made = asn1_x509.Certificate.load(certificate)
    algorithm = {"algorithm": f"{digest}_ecdsa"}
    made["tbs_certificate"]["signature"] = algorithm
    made["signature_algorithm"] = algorithm
    tbs = made["tbs_certificate"].dump(force=True)
    hashed = hashes.SHA1() if digest == "sha1" else hashes.SHA256()  # noqa: S303 - certificates of old
    key = corpus.pki.issuing.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    made["signature_value"] = key.sign(tbs, ec.ECDSA(hashed))
    return bytes(made.dump(force=True))


def long_term(corpus: Corpus, person: Credential, **how: Any) -> Prepared:  # noqa: ANN401 - fields of Signing
    return Prepared(corpus.long_term(corpus.signed(person, stamper=corpus.stamper(), **how)))


def until(section: str, name: str, when: str | None) -> Policy:
    """The policy with another end of one algorithm; None: the row is taken out."""
    content = json.loads(default_policy().document)
    if when is None:
        del content[section][name]
    else:
        content[section][name]["until"] = when
    return Policy.of_content(content)


# ------------------------------------------------------------ computed


@case(passed(level="B-LT"))
def rsa_2048(corpus: Corpus) -> Prepared:
    """RSASSA-PKCS1-v1_5 with SHA-256."""
    return long_term(corpus, corpus.leader)


@case(passed(level="B-LT"))
def rsa_pss(corpus: Corpus) -> Prepared:
    """RSASSA-PSS, its parameters read."""
    return long_term(corpus, corpus.leader, scheme="pss", digest="sha512")


@case(passed(level="B-LT"))
def ecdsa_p256(corpus: Corpus) -> Prepared:
    """ECDSA on P-256."""
    return long_term(corpus, holder(corpus, ec.generate_private_key(ec.SECP256R1())))


@case(passed(level="B-LT"))
def ecdsa_p521_sha512(corpus: Corpus) -> Prepared:
    """ECDSA on P-521."""
    return long_term(corpus, holder(corpus, ec.generate_private_key(ec.SECP521R1())), digest="sha512")


@case(passed(level="B-LT"))
def ecdsa_brainpool(corpus: Corpus) -> Prepared:
    """ECDSA on a Brainpool curve."""
    return long_term(corpus, holder(corpus, ec.generate_private_key(ec.BrainpoolP384R1())), digest="sha384")


@case(passed(level="B-LT"))
def ed25519_signature(corpus: Corpus) -> Prepared:
    """Ed25519."""
    return long_term(corpus, holder(corpus, ed25519.Ed25519PrivateKey.generate()), digest="sha512")


@case(passed(level="B-LT"))
def ed448_signature(corpus: Corpus) -> Prepared:
    """Ed448."""
    return long_term(corpus, holder(corpus, ed448.Ed448PrivateKey.generate()), digest="sha512")


@case(passed(level="B-LT"))
def sha3_256(corpus: Corpus) -> Prepared:
    """SHA-3, in ECDSA and in the digest of the content."""
    return long_term(corpus, holder(corpus, ec.generate_private_key(ec.SECP256R1())), digest="sha3_256")


@case(undecided("GENERIC", "algorithm-unknown"))
def curve_that_nobody_computes(corpus: Corpus) -> Prepared:
    """A signature that cannot be computed is open, never false."""
    person = holder(corpus, ec.generate_private_key(ec.SECP256R1()))
    # The certificate says another curve (prime239v2) than the key's: what is signed by it cannot be computed.
    other = person.certificate.replace(bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030105"))
    assert other != person.certificate
    return long_term(corpus, replace(person, certificate=issued_again(corpus, other, "sha256")))


# ------------------------------------------------------------ believed


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE", "algorithm: digest sha1"))
def sha1_signature_of_today(corpus: Corpus) -> Prepared:
    """A certificate that was issued after the end of SHA-1 cannot have signed before it: no proof would help."""
    return Prepared(corpus.signed(digest="sha1"), revocation=corpus.pki.lists(TODAY - DAY))


@case(undecided("NO_CERTIFICATE_CHAIN_FOUND", "algorithm: digest sha1", helps="intermediate-certificate"))
def sha1_signature_of_a_stranger(corpus: Corpus) -> Prepared:
    """The common old file: no path, and SHA-1 besides; both are told."""
    return Prepared(corpus.signed(replace(corpus.leader, chain=()), digest="sha1"))


@case(undecided("REVOKED_NO_POE", "algorithm: digest sha1"))
def sha1_signature_of_somebody_revoked(corpus: Corpus) -> Prepared:
    """A revocation is the graver word."""
    person = corpus.person()
    lists = [corpus.revoking(person, at=TODAY - DAY), *corpus.other_lists(TODAY - DAY)]
    return Prepared(corpus.signed(person, digest="sha1"), revocation=lists)


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE", "algorithm: digest sha1"))
def sha1_signature_that_waits_for_lists(corpus: Corpus) -> Prepared:
    """What cannot be healed goes before what can: no list makes SHA-1 good."""
    return Prepared(corpus.signed(digest="sha1"))


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE", "algorithm: digest sha1, in the certificate"))
def sha1_certificate_of_today(corpus: Corpus) -> Prepared:
    """The same in the authority's signature on the certificate."""
    person = holder(corpus, ec.generate_private_key(ec.SECP256R1()))
    return long_term(corpus, replace(person, certificate=issued_again(corpus, person.certificate, "sha1")))


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE", "algorithm: key RSA of 1024 bits"))
def rsa_1024(corpus: Corpus) -> Prepared:
    """A modulus of 1,024 bits proves nothing after 2010."""
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the case
    return long_term(corpus, holder(corpus, short))


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE", "algorithm: the policy does not know key secp521r1"))
def key_that_the_policy_does_not_know(corpus: Corpus) -> Prepared:
    """What has no row in the policy proves nothing, though it can be computed."""
    made = long_term(corpus, holder(corpus, ec.generate_private_key(ec.SECP521R1())))
    return Prepared(made.data, policy=until("curve", "secp521r1", None))


@case(passed())
def digest_given_up_after_the_stamp(corpus: Corpus) -> Prepared:
    """An algorithm that is given up next year has been good until today."""
    return Prepared(corpus.blt, policy=until("digest", "sha256", "2027-01-01T00:00:00.000Z"))


@case(
    undecided("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm: digest sha256", helps="proof-of-time: before 2026-09-01")
)
def digest_given_up_before_today(corpus: Corpus) -> Prepared:
    """Given up between signing and judging, and its own time-stamp uses it as well: nothing proves the age."""
    return Prepared(corpus.blt, policy=until("digest", "sha256", "2026-09-01T00:00:00.000Z"))


def _short_keys_end(corpus: Corpus, stamper: Stamper | None) -> Prepared:
    """RSA of 2,048 bits was given up between signing and judging; the curves of all authorities were not."""
    content = json.loads(default_policy().document)
    (row,) = (row for row in content["rsa"] if row["bits"] == 2048)
    row["until"] = "2026-09-01T00:00:00.000Z"
    pdf = corpus.long_term(corpus.signed(stamper=stamper))
    return Prepared(pdf, policy=Policy.of_content(content), revocation=corpus.pki.lists(TODAY - DAY))


@case(passed(best_time="2026-06-15T09:00:00.000Z", plain=PlainWord.VALID))
def key_size_given_up_after_the_stamp(corpus: Corpus) -> Prepared:
    """A key that has become too short since, under a time-stamp by a key that is still good."""
    return _short_keys_end(corpus, time_stamper(server(corpus), SIGNED))


@case(undecided("CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "algorithm: key RSA", helps="proof-of-time: before 2026-09-01"))
def key_size_given_up_and_nothing_proves_the_age(corpus: Corpus) -> Prepared:
    """The same without a time-stamp: whoever has broken the key since can have signed today."""
    return _short_keys_end(corpus, None)
