"""Certificates and paths: who may issue, for whom, and which certificate is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from archive.demo.pki import Authority, Shape, Subject, new_authority, new_credential
from archive.preservation.signatures.signing import Credential
from archive.preservation.trust.sets import TrustedCertificate, TrustRole
from metadata.verdicts import PlainWord
from tests.corpus.signature_case import Prepared, case, failed, passed, undecided
from tests.fixtures.pki import EXPIRED, LONG, SIGNED, TODAY, Corpus

DAY = timedelta(days=1)
SPAN = (SIGNED - 30 * DAY, SIGNED + LONG)
_OPEN = PlainWord.INSUFFICIENT


def under(corpus: Corpus, authority: Authority, *above: bytes, shape: Shape | None = None) -> Credential:
    """Somebody below an authority of the test."""
    corpus.numbers += 1
    return new_credential(
        Subject(f"Người thứ {corpus.numbers}", "CCCD:001"),
        authority,
        SPAN,
        number=corpus.numbers,
        chain=(authority.der, *above),
        elliptic=True,
        shape=shape or Shape(),
    )


def lists(corpus: Corpus, *authorities: Authority) -> Sequence[bytes]:
    """Fresh lists of the corpus and of others."""
    return [*corpus.pki.lists(TODAY - DAY), *(a.list_of(TODAY - DAY) for a in authorities)]


# ------------------------------------------------------------ paths


@case(
    undecided(
        "NO_CERTIFICATE_CHAIN_FOUND",
        "no-chain",
        practice="missing-intermediate",
        helps="intermediate-certificate: CN=CA dùng thử phục vụ",
        plain=_OPEN,
    )
)
def intermediate_in_no_file(corpus: Corpus) -> Prepared:
    """As with the first generation of the Government's authorities: the intermediate is nowhere, and is named."""
    return Prepared(corpus.signed(replace(corpus.leader, chain=())))


@case(undecided("NO_CERTIFICATE_CHAIN_FOUND", "no-chain: the path", helps="trust-anchor: CN=RootCA lạ"))
def root_that_is_not_trusted(corpus: Corpus) -> Prepared:
    """A path that ends in a stranger's root; which one is told."""
    strange = new_authority(Subject("RootCA lạ"), None, SPAN, number=1)
    person = under(corpus, strange)
    return Prepared(corpus.signed(person), revocation=lists(corpus, strange))


@case(undecided("NO_CERTIFICATE_CHAIN_FOUND", "trust-empty"))
def nothing_is_trusted(corpus: Corpus) -> Prepared:
    """An empty trust store decides nothing, and says so."""
    return Prepared(corpus.blt, trust=corpus.trusting())


@case(undecided("CHAIN_CONSTRAINTS_FAILURE", "path-too-long"))
def authority_below_one_that_may_have_none(corpus: Corpus) -> Prepared:
    """Path length: the issuing authority may have no authority below."""
    below = new_authority(Subject("CA dưới"), corpus.pki.issuing, SPAN, number=77)
    person = under(corpus, below, corpus.pki.issuing.der)
    return Prepared(corpus.signed(person), revocation=lists(corpus, below))


@case(undecided("CERTIFICATE_CHAIN_GENERAL_FAILURE", "not-an-authority"))
def person_who_issues_certificates(corpus: Corpus) -> Prepared:
    """A person's certificate issues nothing, whatever its key signs."""
    key = serialization.load_der_private_key(corpus.leader.key, None)
    leader = x509.load_der_x509_certificate(corpus.leader.certificate)
    impostor = replace(corpus.pki.issuing, certificate=leader, key=key)  # type: ignore[arg-type] # of that kind
    victim = under(corpus, impostor, corpus.pki.issuing.der)
    return Prepared(corpus.signed(victim), revocation=lists(corpus))


def _names(*, permitted: str = "", excluded: str = "") -> x509.NameConstraints:
    def trees(organisation: str) -> list[x509.GeneralName] | None:
        if not organisation:
            return None
        attributes = [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation),
        ]
        return [x509.DirectoryName(x509.Name(attributes))]

    return x509.NameConstraints(trees(permitted), trees(excluded))


def _constrained(corpus: Corpus, constraints: x509.NameConstraints) -> Prepared:
    shape = Shape(extensions=((constraints, True),))
    authority = new_authority(Subject("CA hạn chế"), corpus.pki.root, SPAN, number=81, shape=shape)
    return Prepared(corpus.signed(under(corpus, authority)), revocation=lists(corpus, authority))


PROVINCE = Subject("").organisation


@case(passed())
def name_that_is_permitted(corpus: Corpus) -> Prepared:
    """Name constraints are applied: the province may."""
    return _constrained(corpus, _names(permitted=PROVINCE))


@case(undecided("CHAIN_CONSTRAINTS_FAILURE", "name-constraints"))
def name_that_is_not_permitted(corpus: Corpus) -> Prepared:
    """An authority for one organisation issued to another."""
    return _constrained(corpus, _names(permitted="Cơ quan khác"))


@case(undecided("CHAIN_CONSTRAINTS_FAILURE", "name-constraints"))
def name_that_is_excluded(corpus: Corpus) -> Prepared:
    """An authority issued to whom it must not."""
    return _constrained(corpus, _names(excluded=PROVINCE))


@case(undecided("CERTIFICATE_CHAIN_GENERAL_FAILURE", "critical-extension"))
def critical_extension_unknown(corpus: Corpus) -> Prepared:
    """A critical extension that nobody here understands stops the path."""
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00")
    person = under(corpus, corpus.pki.issuing, shape=Shape(extensions=((unknown, True),)))
    return Prepared(corpus.signed(person), revocation=lists(corpus))


def _with_policies(corpus: Corpus, authority_says: str, *person_says: str) -> Prepared:
    def policies(*dotted: str) -> x509.CertificatePolicies:
        return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(d), None) for d in dotted])

    demanded = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)
    shape = Shape(extensions=((policies(authority_says), False), (demanded, True)))
    authority = new_authority(Subject("CA có chính sách"), corpus.pki.root, SPAN, number=82, shape=shape)
    person = under(corpus, authority, shape=Shape(extensions=((policies(*person_says), False),)))
    return Prepared(corpus.signed(person), revocation=lists(corpus, authority))


@case(passed())
def policy_that_is_demanded_and_there(corpus: Corpus) -> Prepared:
    """An authority demands an explicit policy, the person has it."""
    return _with_policies(corpus, "1.3.6.1.4.1.99999.5.1", "1.3.6.1.4.1.99999.5.1")


@case(undecided("CHAIN_CONSTRAINTS_FAILURE", "policies"))
def policy_that_is_demanded_and_missing(corpus: Corpus) -> Prepared:
    """The person has another policy than the authority may give."""
    return _with_policies(corpus, "1.3.6.1.4.1.99999.5.1", "1.3.6.1.4.1.99999.5.2")


@case(passed())
def policy_that_is_demanded_and_one_of_several(corpus: Corpus) -> Prepared:
    """Of several policies one is enough."""
    return _with_policies(corpus, "1.3.6.1.4.1.99999.5.1", "1.3.6.1.4.1.99999.5.2", "1.3.6.1.4.1.99999.5.1")


def _crossed(corpus: Corpus, *, good: bool) -> Prepared:
    """One authority with two certificates: its own root's has run out, another root has certified it as well."""
    old = new_authority(Subject("RootCA cũ"), None, (SIGNED - 900 * DAY, SIGNED + LONG), number=91)
    subject = Subject("CA chứng thực chéo")
    first = new_authority(subject, old, (SIGNED - 800 * DAY, EXPIRED), number=92)
    second = new_authority(subject, corpus.pki.root, SPAN, number=93, shape=Shape(key=first.key))
    person = replace(under(corpus, first), chain=(second.der,) if good else ())
    more = [old.list_of(TODAY - DAY), first.list_of(TODAY - DAY)]
    # What is known here is tried before what the file brings: the path that has run out comes first.
    known = TrustedCertificate.of(first.der, TrustRole.INTERMEDIATE, None)
    trust = corpus.trusting(old.der, corpus.pki.root.der).with_certificates([known])
    return Prepared(corpus.signed(person), trust=trust, revocation=[*lists(corpus), *more])


@case(passed())
def cross_certificate_that_holds(corpus: Corpus) -> Prepared:
    """Of several paths the best counts."""
    return _crossed(corpus, good=True)


@case(undecided("OUT_OF_BOUNDS_NO_POE", "out-of-bounds"))
def cross_certificate_that_is_missing(corpus: Corpus) -> Prepared:
    """Without the second certificate only the expired path is left."""
    return _crossed(corpus, good=False)


# ------------------------------------------------------------ the signer's own


def _without(pdf: bytes, certificate: bytes) -> bytes:
    """`pdf` with a certificate of its CMS turned into something else: nothing signs that part."""
    text = certificate.hex().encode()
    place = pdf.lower().index(text)
    return pdf[:place] + b"a3" + pdf[place + 2 :]


@case(undecided("NO_SIGNING_CERTIFICATE_FOUND", "no-signer-certificate", helps="signer-certificate"))
def signer_certificate_in_no_file(corpus: Corpus) -> Prepared:
    """The CMS carries the authorities and not the signer."""
    return Prepared(_without(corpus.signed(), corpus.leader.certificate))


@case(passed())
def signer_certificate_known_beforehand(corpus: Corpus) -> Prepared:
    """Nor does it have to, when the certificate is known here; its authority is asked all the same."""
    trust = corpus.trusting(corpus.pki.root.der, corpus.leader.certificate)
    pdf = _without(corpus.signed(), corpus.leader.certificate)
    return Prepared(pdf, trust=trust, revocation=lists(corpus))


@case(undecided("NO_SIGNING_CERTIFICATE_FOUND", "signing-certificate"))
def attribute_that_names_another_certificate(corpus: Corpus) -> Prepared:
    """The signed attribute pins the certificate: one with the same name, number and key is another."""
    true = x509.load_der_x509_certificate(corpus.leader.certificate)
    twin = (
        x509.CertificateBuilder()
        .subject_name(true.subject)
        .issuer_name(true.issuer)
        .public_key(true.public_key())
        .serial_number(true.serial_number)
        .not_valid_before(true.not_valid_before_utc)
        .not_valid_after(true.not_valid_after_utc + DAY)
        .sign(corpus.pki.issuing.key, hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    signer = replace(corpus.leader, chain=(twin, *corpus.leader.chain))
    return Prepared(_without(corpus.signed(signer), corpus.leader.certificate))


@case(undecided("SIG_CONSTRAINTS_FAILURE", "key-usage"))
def key_usage_that_forbids_documents(corpus: Corpus) -> Prepared:
    """A certificate for encryption signs no documents."""
    person = under(corpus, corpus.pki.issuing, shape=Shape(usages=("key_encipherment",)))
    return Prepared(corpus.signed(person), revocation=lists(corpus))


@case(failed("NOT_YET_VALID", "not-yet-valid"))
def stamped_before_the_certificate_existed(corpus: Corpus) -> Prepared:
    """Proven to be older than its own certificate."""
    person = corpus.person(start=SIGNED + DAY)
    return Prepared(corpus.long_term(corpus.stamped(person)))


@case(failed("SIG_CRYPTO_FAILURE", "signature-value"))
def value_by_another_key(corpus: Corpus) -> Prepared:
    """The signature does not fit the key in the certificate."""
    person = corpus.person()
    return Prepared(corpus.signed(replace(person, key=corpus.person().key)))


@case(failed("HASH_FAILURE", "hash"))
def byte_changed_and_nothing_trusted(corpus: Corpus) -> Prepared:
    """A broken digest proves a signature false whatever is trusted."""
    pdf = bytearray(corpus.signed())
    pdf[pdf.index(b"stream") + 10] ^= 1
    return Prepared(bytes(pdf), trust=corpus.trusting())


# ------------------------------------------------------------ what an auditor calls an anchor


@case(undecided("REVOKED_NO_POE", "revoked"))
def signer_certificate_among_the_anchors_and_revoked(corpus: Corpus) -> Prepared:
    """Whoever puts a person's certificate among the anchors does not spare it what its authority says."""
    person = corpus.person()
    trust = corpus.trusting(corpus.pki.root.der, person.certificate)
    bad = corpus.revoking(person, at=TODAY - DAY)
    return Prepared(corpus.signed(person), trust=trust, revocation=[bad, *corpus.other_lists(TODAY - DAY)])


@case(undecided("TRY_LATER", "revocation-unknown"))
def signer_certificate_among_the_anchors_and_nothing_known(corpus: Corpus) -> Prepared:
    """Its authority is known as well, so that its revocation is asked about as usual."""
    person = corpus.person()
    return Prepared(corpus.signed(person), trust=corpus.trusting(corpus.pki.root.der, person.certificate))


@case(passed())
def signer_certificate_as_the_only_anchor(corpus: Corpus) -> Prepared:
    """Without its authority it is believed as it is."""
    return Prepared(corpus.signed(replace(corpus.leader, chain=())), trust=corpus.trusting(corpus.leader.certificate))


@case(undecided("OUT_OF_BOUNDS_NO_POE", "out-of-bounds"))
def signer_certificate_as_the_only_anchor_and_expired(corpus: Corpus) -> Prepared:
    """As long as it lives."""
    person = replace(corpus.person(end=EXPIRED), chain=())
    return Prepared(corpus.signed(person), trust=corpus.trusting(person.certificate))


@case(undecided("REVOKED_CA_NO_POE", "revoked"))
def intermediate_among_the_anchors_and_revoked(corpus: Corpus) -> Prepared:
    """An authority made an anchor, which a root that is known as well has revoked."""
    trust = corpus.trusting(corpus.pki.root.der, corpus.pki.issuing.der)
    serial = corpus.pki.issuing.certificate.serial_number
    bad = corpus.pki.root.list_of(TODAY - DAY, {serial: (SIGNED, x509.ReasonFlags.ca_compromise)})
    return Prepared(corpus.signed(), trust=trust, revocation=[bad, corpus.pki.issuing.list_of(TODAY - DAY)])


# ------------------------------------------------------------ renewed


def _renewed(corpus: Corpus, *, stamped: bool) -> Prepared:
    """Somebody whose certificate ran out and was renewed for the same key; the new one is in the file as well."""
    old = corpus.person(end=EXPIRED)
    key = serialization.load_der_private_key(old.key, None)
    corpus.numbers += 1
    name = x509.load_der_x509_certificate(old.certificate).subject
    common = str(name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
    new = new_credential(
        Subject(common),
        corpus.pki.issuing,
        (EXPIRED - DAY, SIGNED + LONG),
        number=corpus.numbers,
        shape=Shape(key=key),  # type: ignore[arg-type] # an elliptic-curve key
    )
    signer = replace(old, chain=(new.certificate, *old.chain))
    pdf = corpus.stamped(signer) if stamped else corpus.signed(signer)
    return Prepared(corpus.long_term(pdf))


@case(undecided("OUT_OF_BOUNDS_NOT_REVOKED", "out-of-bounds"))
def renewed_certificate_does_not_help_the_old_one(corpus: Corpus) -> Prepared:
    """The signature names the old certificate; that its key was certified again proves no time."""
    return _renewed(corpus, stamped=False)


@case(passed(reason="expired-later"))
def renewed_certificate_does_not_harm_the_old_one(corpus: Corpus) -> Prepared:
    """Stamped in time, the old certificate is the one that counts."""
    return _renewed(corpus, stamped=True)
