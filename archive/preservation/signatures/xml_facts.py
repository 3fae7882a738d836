"""What a file says about its XML signatures: facts, read once, decided on elsewhere.

Made by `xml_reading.read_xml` (one XML file) and `packages.read_package` (OOXML,
ODF, ASiC), judged by `xml_judging.judge_xml(facts, world)`, kept as the document
that `xml_facts_json` writes. Nothing here imports more than the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class XmlReference:
    """One `ds:Reference` of a signature, or of a manifest that the signature signs."""

    uri: str
    """As it stands; empty: the document itself, or no URI."""

    role: str
    """`content`, `properties` (XAdES SignedProperties of this signature), `manifest`, `object`, `counter`."""

    digest: str
    """Digest algorithm as hashlib spells it; an address where it is unknown here."""

    expected: bytes = field(repr=False)
    found: bytes | None = field(default=None, repr=False)
    """Digest of what the reference leads to; None: see `problem`."""

    covers: str = ""
    """What it leads to, such as `document`, `/HDon/DLHDon`, `part word/document.xml`."""

    within: str = ""
    """Identifier of the manifest that holds the reference; empty: it stands in SignedInfo."""

    holds_without: tuple[str, ...] = ()
    """Signatures that stand inside of what is signed, and without which the digest would be the expected one."""

    problem: str = ""
    """Why there is no digest: `missing: …`, `ambiguous: …`, `unsupported: …`, `damaged: …`."""


@dataclass(frozen=True, slots=True)
class XmlStamp:
    """A time-stamp in the properties of a signature."""

    kind: str
    """`signature`, `archive`, `content` (older than the signature), `references` (XAdES-X)."""

    token: bytes = field(repr=False)
    """RFC 3161 token, DER."""

    imprints: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    """Digest algorithm and digest of the bytes that the standard says it stamps.

    An algorithm stands twice where the standard was read in two ways; both
    readings hold everything that is signed.
    """

    position: int = 0
    """Place among the unsigned properties: later ones stamp earlier ones."""

    problem: str = ""
    """Why the stamped bytes cannot be told; empty: they can."""


@dataclass(frozen=True, slots=True)
class XmlSignature:
    """One `ds:Signature`."""

    name: str
    """What the verdict calls it: its `Id`, in packages the part before it, else its place."""

    place: str
    """Path of the element, such as `/HDon[1]/DSCKS[1]/NBan[1]/Signature[1]`."""

    part: str = ""
    """Part of the package; empty in an XML file."""

    signed_info: bytes = field(default=b"", repr=False)
    """Canonical SignedInfo: the bytes under the signature value."""

    method: str = ""
    """Signature algorithm: its address."""

    mask: tuple[str, str, int] = ("", "", 0)
    """PSS with parameters: digest, digest of the mask, salt length in bytes."""

    value: bytes = field(default=b"", repr=False)
    """Signature value as it stands (ECDSA: both numbers side by side)."""

    references: tuple[XmlReference, ...] = ()
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """Of KeyInfo, in its order, then of the properties."""

    certificate_positions: tuple[int, ...] = ()
    """Place of each among the unsigned properties; -1: in KeyInfo. A time-stamp is of what stands before it."""

    certificate_digests: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    """Of the signed SigningCertificate property: the signer's first; empty: none is signed."""

    properties: str = ""
    """Namespace of the XAdES properties; empty: plain XMLDSig."""

    properties_signed: bool = False
    """The properties that are looked at are those that a reference of this signature leads to."""

    signing_time: str = ""
    """Claimed and signed, as it stands."""

    office_time: str = ""
    """Time that an Office or OpenDocument program notes beside, as it stands."""

    unsigned_properties: tuple[str, ...] = ()
    """Names in their order."""

    stamps: tuple[XmlStamp, ...] = ()
    revocation: tuple[bytes, ...] = field(default=(), repr=False)
    """CRLs and OCSP answers in the properties, DER."""

    revocation_positions: tuple[int, ...] = ()
    """Place of each among the unsigned properties."""

    claims: tuple[tuple[str, str], ...] = ()
    """Signed claims beside: `role`, `place`, `commitment`, `policy`, `comment`."""

    coverage: str = "unclear"
    """`whole-file`: nothing that says anything stands unsigned; `partial`; `unclear`."""

    unsigned: tuple[str, ...] = ()
    """What stands unsigned, at most ten places."""

    known_part: str = ""
    """Form of document whose readers use just the part that is signed; empty: none is known."""

    counters: str = ""
    """Name of the signature that this one countersigns."""

    problem: str = ""
    """Why the signature cannot be judged: `format: …` (a broken one), else what is not supported."""


@dataclass(frozen=True, slots=True)
class XmlUnsupported:
    """A signature that is seen and not judged."""

    name: str
    what: str
    """In words, English, such as `asic-e: a CAdES signature with manifest META-INF/ASiCManifest.xml`."""

    level: str = ""
    """Kind of container or signature, such as `ASiC-E`."""


@dataclass(frozen=True, slots=True)
class XmlFacts:
    """Everything that the XML signatures of one file share."""

    size: int
    """Bytes of the file."""

    container: str = "xml"
    """`xml`, `ooxml`, `odf`, `asic-s`, `asic-e`, `zip`."""

    signatures: tuple[XmlSignature, ...] = ()
    unsupported: tuple[XmlUnsupported, ...] = ()
    notes: tuple[str, ...] = ()
    """Oddities of the container, such as bytes before a ZIP package."""

    problem: str = ""
    """Why the file as a whole cannot be read; `format…`: it is not what it claims to be."""
