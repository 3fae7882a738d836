"""Makes signatures and time-stamps for the sample delivery and for tests; the one door to pyHanko's writer.

Times are handed in: nothing here reads a clock, so that a test can sign in the
past. The archive itself never signs what it received.
"""

# mypy: disable-error-code="no-untyped-call, attr-defined"
# asn1crypto and parts of pyHanko carry no types, and every second line here calls them.

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import pdf as asn1_pdf
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from pyhanko.pdf_utils.content import ImportedPdfPage
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigAppearanceSetup,
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import StaticStampStyle

from metadata.time import VIETNAM

RESERVED = 32_768
"""Hexadecimal digits kept free for a signature."""

POLICY = "1.3.6.1.4.1.99999.1.1"
"""Time-stamp policy of the test arc."""

_HASHES: dict[str, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | hashes.SHA3_256]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha3_256": hashes.SHA3_256,
}

Stamper = Callable[[bytes, str], bytes]
"""Gives a time-stamp token (DER) for a digest and the name of its algorithm."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate with its private key. Lives in memory only."""

    certificate: bytes = field(repr=False)
    """DER."""

    key: bytes = field(repr=False)
    """PKCS #8, DER."""

    chain: tuple[bytes, ...] = field(default=(), repr=False)
    """Certificates that a signature carries beside the signer's."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a signature shows on its page."""

    box: tuple[int, int, int, int]
    """Lower left and upper right corner, in points."""

    drawing: Path
    """What is shown in the box: a one-page PDF, or a picture (PNG) such as that of a seal."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class Signing:
    """How a signature is to be made."""

    at: datetime
    """What the signer claims as the time."""

    field_name: str = "ChuKy1"
    sub_filter: str = "ETSI.CAdES.detached"
    digest: str = "sha256"
    stamper: Stamper | None = None
    imprint: str = "sha256"
    """Digest that the time-stamp is asked for."""

    appearance: Appearance | None = None
    reason: str | None = None
    forbids_change: bool = False
    """Certify with DocMDP 1."""

    revocation: tuple[bytes, ...] = ()
    """CRLs for Adobe's signed attribute."""

    scheme: str = ""
    """`pss` for RSASSA-PSS; empty: what is usual for the key."""

    content_stamper: Stamper | None = None
    """Makes a content time-stamp, which the signature then signs."""

    claims_local_time: bool = False
    """Write the signed attribute as Vietnamese signers do: local time marked as UTC."""


class _Writer(IncrementalPdfFileWriter):
    """Leaves the document's own description as it is: no date of today, no name of ours."""

    def _update_meta(self) -> None:
        return


def _attribute(name: str, value: Any) -> cms.CMSAttribute:  # noqa: ANN401 - asn1crypto has no types
    return cms.CMSAttribute({"type": cms.CMSAttributeType(name), "values": (value,)})


def _sign(credential: Credential, data: bytes, digest: str, scheme: str) -> tuple[bytes, algos.SignedDigestAlgorithm]:
    # Made in this process a moment ago: testing its primes anew would cost more than signing.
    key = serialization.load_der_private_key(credential.key, None, unsafe_skip_rsa_key_validation=True)
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        name = "ed25519" if isinstance(key, ed25519.Ed25519PrivateKey) else "ed448"
        return key.sign(data), algos.SignedDigestAlgorithm({"algorithm": name})
    algorithm = _HASHES[digest]()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(algorithm)), algos.SignedDigestAlgorithm({"algorithm": _named("ecdsa", digest)})
    if isinstance(key, rsa.RSAPrivateKey) and scheme == "pss":
        value = key.sign(data, padding.PSS(padding.MGF1(algorithm), algorithm.digest_size), algorithm)
        return value, _pss(digest, algorithm.digest_size)
    if isinstance(key, rsa.RSAPrivateKey):
        value = key.sign(data, padding.PKCS1v15(), algorithm)
        return value, algos.SignedDigestAlgorithm({"algorithm": _named("rsa", digest)})
    msg = f"no signing with {type(key).__name__}"
    raise ValueError(msg)


# What asn1crypto has no name for stands by its identifier (RFC 9688, NIST's arc of signatures).
_SHA3 = {("rsa", "sha3_256"): "2.16.840.1.101.3.4.3.14", ("ecdsa", "sha3_256"): "2.16.840.1.101.3.4.3.10"}


def _named(kind: str, digest: str) -> str:
    return _SHA3.get((kind, digest), f"{digest}_{kind}")


def _pss(digest: str, salt: int) -> algos.SignedDigestAlgorithm:
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
            "mask_gen_algorithm": algos.MaskGenAlgorithm(
                {"algorithm": "mgf1", "parameters": algos.DigestAlgorithm({"algorithm": digest})}
            ),
            "salt_length": salt,
        }
    )
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})


def _signer_info(
    credential: Credential,
    digest: str,
    attributes: list[cms.CMSAttribute],
    unsigned: Callable[[bytes], Any] | None,
    scheme: str = "",
) -> cms.SignerInfo:
    certificate = asn1_x509.Certificate.load(credential.certificate)
    ordered = cms.CMSAttributes(sorted(attributes, key=lambda a: bytes(a.dump())))
    signature, algorithm = _sign(credential, ordered.dump(), digest, scheme)
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {
                "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                    {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                )
            }
        ),
        "digest_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
        "signed_attrs": ordered,
        "signature_algorithm": algorithm,
        "signature": signature,
    }
    if unsigned is not None:
        info["unsigned_attrs"] = unsigned(signature)
    return cms.SignerInfo(info)


def _signing_certificate(credential: Credential, digest: str) -> cms.CMSAttribute:
    identifier = tsp.ESSCertIDv2(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
            "cert_hash": hashlib.new(digest, credential.certificate).digest(),
        }
    )
    return _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identifier]}))


def _signed_data(
    credential: Credential, info: cms.SignerInfo, digest: str, content_type: str, content: bytes | None
) -> bytes:
    # asn1crypto takes another class for each version of SignedData; a plain mapping fits both.
    inner: dict[str, Any] = {"content_type": content_type}
    if content is not None:
        inner["content"] = content if content_type == "data" else core.ParsableOctetString(content)
    certificates = [asn1_x509.Certificate.load(der) for der in (credential.certificate, *credential.chain)]
    data = cms.SignedData(
        {
            "version": "v1" if content_type == "data" else "v3",
            "digest_algorithms": cms.DigestAlgorithms((algos.DigestAlgorithm({"algorithm": digest}),)),
            "encap_content_info": inner,
            "certificates": certificates,
            "signer_infos": [info],
        }
    )
    outer = cms.ContentInfo({"content_type": cms.ContentType("signed_data"), "content": data})
    return bytes(outer.dump())


def _cms(credential: Credential, content_digest: bytes, signing: Signing, content: bytes | None = None) -> bytes:
    attributes = [_attribute("content_type", "data"), _attribute("message_digest", content_digest)]
    if signing.sub_filter.startswith("ETSI"):
        attributes.append(_signing_certificate(credential, "sha256"))
    else:
        claimed = signing.at.astimezone(UTC)
        if signing.claims_local_time:
            claimed = signing.at.astimezone(VIETNAM).replace(tzinfo=UTC)
        attributes.append(_attribute("signing_time", cms.Time({"utc_time": core.UTCTime(claimed)})))
    if signing.revocation:
        attributes.append(_adobe(signing.revocation))
    if signing.content_stamper is not None:
        stamp = cms.ContentInfo.load(signing.content_stamper(content_digest, signing.digest))
        attributes.append(_attribute("content_time_stamp", stamp))
    stamper = signing.stamper

    def unsigned(signature: bytes) -> cms.CMSAttributes:
        digest = hashlib.new(signing.imprint, signature).digest()
        token = cms.ContentInfo.load(stamper(digest, signing.imprint)) if stamper else None
        return cms.CMSAttributes([_attribute("signature_time_stamp_token", token)])

    info = _signer_info(credential, signing.digest, attributes, unsigned if stamper else None, signing.scheme)
    return _signed_data(credential, info, signing.digest, "data", content)


def _adobe(lists: Iterable[bytes]) -> cms.CMSAttribute:
    crls = [asn1_crl.CertificateList.load(der) for der in lists]
    return _attribute("adobe_revocation_info_archival", asn1_pdf.RevocationInfoArchival({"crl": crls}))


def sign_bytes(data: bytes, credential: Credential, signing: Signing, *, detached: bool) -> bytes:
    """A CAdES signature over `data` as DER (.p7s detached, .p7m with the data inside)."""
    digest = hashlib.new(signing.digest, data).digest()
    return _cms(credential, digest, signing, None if detached else data)


def sign_pdf(pdf: bytes, credential: Credential, signing: Signing) -> bytes:
    """`pdf` with one more signature, as an incremental update.

    Raises:
        ValueError: the signature does not fit into the space kept for it.
    """
    writer = _Writer(io.BytesIO(pdf), strict=False)
    placeholder = SignatureObject(
        timestamp=signing.at,
        subfilter=SigSeedSubFilter(f"/{signing.sub_filter}"),
        reason=signing.reason,
        bytes_reserved=RESERVED,
    )
    rights = SigMDPSetup(md_algorithm=signing.digest, certify=True, docmdp_perms=MDPPerm.NO_CHANGES)
    look = signing.appearance
    setup = SigObjSetup(
        sig_placeholder=placeholder,
        mdp_setup=rights if signing.forbids_change else None,
        appearance_setup=_shown(look, signing.at) if look else None,
    )
    place = SigFieldSpec(signing.field_name, box=look.box, on_page=look.page) if look else None
    return _embedded(
        writer, signing.field_name, setup, place, lambda digest: _cms(credential, digest, signing), signing
    )


def _shown(look: Appearance, at: datetime) -> SigAppearanceSetup:
    # pyHanko's own text writes wrong widths for fonts of 2048 units an em, hence a drawing.
    if look.drawing.suffix == ".pdf":
        background: Any = ImportedPdfPage(str(look.drawing))
    else:
        background = PdfImage(str(look.drawing))
    whole = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins.uniform(0))
    style = StaticStampStyle(background=background, background_layout=whole, border_width=0, background_opacity=1.0)
    return SigAppearanceSetup(style=style, timestamp=at, name=None)


def _embedded(
    writer: IncrementalPdfFileWriter,
    name: str,
    setup: SigObjSetup,
    place: SigFieldSpec | None,
    make: Callable[[bytes], bytes],
    signing: Signing,
) -> bytes:
    embedding = PdfCMSEmbedder(new_field_spec=place).write_cms(field_name=name, writer=writer)
    next(embedding)
    embedding.send(setup)
    prepared, output = embedding.send(SigIOSetup(md_algorithm=signing.digest, in_place=False))
    embedding.send(make(prepared.document_digest))
    return bytes(output.getvalue())


def time_stamp_pdf(pdf: bytes, stamper: Stamper, *, field_name: str, digest: str = "sha256") -> bytes:
    """`pdf` with a document time-stamp, as an incremental update."""
    writer = _Writer(io.BytesIO(pdf), strict=False)
    setup = SigObjSetup(sig_placeholder=DocumentTimestamp(bytes_reserved=RESERVED))
    signing = Signing(datetime.fromtimestamp(0, UTC), digest=digest)
    return _embedded(writer, field_name, setup, None, lambda value: stamper(value, digest), signing)


def add_evidence(
    pdf: bytes, certificates: Iterable[bytes], lists: Iterable[bytes], answers: Iterable[bytes] = ()
) -> bytes:
    """`pdf` with certificates, CRLs and OCSP answers in its DSS, as an incremental update."""
    writer = _Writer(io.BytesIO(pdf), strict=False)
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(der) for der in certificates],
        crls=[asn1_crl.CertificateList.load(der) for der in lists],
        ocsps=[asn1_ocsp.OCSPResponse.load(der) for der in answers],
    )
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def time_stamper(credential: Credential, at: datetime, *, digest: str = "sha256") -> Stamper:
    """A time-stamp authority in this process: RFC 3161 tokens of the time `at`.

    Args:
        credential: Its certificate must be for time-stamping.
        at: The time that every token tells, cut to the second.
        digest: Of the authority's own signature.
    """

    def stamp(imprint: bytes, algorithm: str) -> bytes:
        return time_stamp_token(credential, at, (algorithm, imprint), digest=digest)

    return stamp


def time_stamp_token(
    credential: Credential,
    at: datetime,
    imprint: tuple[str, bytes],
    *,
    digest: str = "sha256",
    nonce: int | None = None,
    policy: str = POLICY,
) -> bytes:
    """One RFC 3161 token of the time `at` (cut to the second) over the digest in `imprint`."""
    algorithm, value = imprint
    said = {
        "version": "v1",
        "policy": tsp.ObjectIdentifier(policy),
        "message_imprint": tsp.MessageImprint(
            {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": algorithm}),
                "hashed_message": value,
            }
        ),
        # Unique for one authority, as RFC 3161 asks, and the same each time.
        "serial_number": int.from_bytes(hashlib.sha256(value).digest()[:8], "big"),
        "gen_time": at.astimezone(UTC).replace(microsecond=0),
        "accuracy": tsp.Accuracy({"seconds": 1}),
    }
    if nonce is not None:
        said["nonce"] = nonce
    info = tsp.TSTInfo(said).dump()
    attributes = [
        _attribute("content_type", "tst_info"),
        _attribute("message_digest", hashlib.new(digest, info).digest()),
        _signing_certificate(credential, "sha256"),
    ]
    signer = _signer_info(credential, digest, attributes, None)
    return _signed_data(credential, signer, digest, "tst_info", info)
