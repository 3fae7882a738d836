"""Validation reports of ETSI TS 119 102-2 (V1.4.1) in XML, made of verdicts and of what `report_facts` read.

One report holds any number of files: a SignatureValidationReport for each
verdict, the validation objects of all files once, by digest. Time-stamps have
reports of their own inside their objects.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from archive.preservation.signatures.policy import Policy
from archive.preservation.signatures.report_elements import (
    DS,
    ETSI,
    NAMESPACES,
    OURS,
    TSL,
    VR,
    XADES,
    ReportedFile,
    add,
    add_digest,
    add_reference,
    facts_of_verdict,
    object_id,
)
from archive.preservation.signatures.report_objects import add_objects
from metadata.verdicts import Indication, SignatureVerdict

_PROCESS = f"{ETSI}:validationprocess:LTA"

BLOCKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("format-checking", frozenset({"FORMAT_FAILURE"})),
    ("identification-of-signing-certificate", frozenset({"NO_SIGNING_CERTIFICATE_FOUND"})),
    (
        "cryptographic-verification",
        frozenset({"HASH_FAILURE", "SIG_CRYPTO_FAILURE", "SIGNED_DATA_NOT_FOUND"}),
    ),
    (
        "x509-certificate-validation",
        frozenset(
            {
                "NO_CERTIFICATE_CHAIN_FOUND",
                "CERTIFICATE_CHAIN_GENERAL_FAILURE",
                "CHAIN_CONSTRAINTS_FAILURE",
                "REVOKED",
                "REVOKED_NO_POE",
                "REVOKED_CA_NO_POE",
                "EXPIRED",
                "NOT_YET_VALID",
                "OUT_OF_BOUNDS_NO_POE",
                "OUT_OF_BOUNDS_NOT_REVOKED",
                "REVOCATION_OUT_OF_BOUNDS_NO_POE",
                "NO_POE",
                "TRY_LATER",
            }
        ),
    ),
    (
        "signature-acceptance-validation",
        frozenset(
            {
                "SIG_CONSTRAINTS_FAILURE",
                "CRYPTO_CONSTRAINTS_FAILURE",
                "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
                "TIMESTAMP_ORDER_FAILURE",
            }
        ),
    ),
)
"""Building blocks of EN 319 102-1, clauses 5.2.2 to 5.2.8, in their order, with the sub-indications that they give."""

_OFF = frozenset({"off", "none", "disabled", "no"})
_STAMP_ATTRIBUTES = {
    "content": "AllDataObjectsTimeStamp",
    "signature": "SignatureTimeStamp",
    "archive": "ArchiveTimeStamp",
    "references": "SigAndRefsTimeStamp",
    "document": "DocTimeStamp",
}


def write_report(files: Sequence[ReportedFile], policy: Policy, *, with_bytes: bool = True) -> bytes:
    """The report on `files`; the same verdicts give the same bytes.

    Args:
        files: At least one with a verdict; a report on nothing has no form in the standard.
        policy: The one that was judged by.
        with_bytes: Whether objects up to 64 KiB stand in it, or their digests only.

    Raises:
        ValueError: there is no verdict.
    """
    if not any(file.verdicts for file in files):
        raise ValueError("a report needs a signature")
    root = etree.Element(f"{{{VR}}}ValidationReport", nsmap=NAMESPACES)
    for place, file in enumerate(files):
        for number, verdict in enumerate(file.verdicts):
            read = facts_of_verdict(file, number, verdict)
            one = _Signature(f"S-{place + 1}-{number + 1}", file, verdict, read, policy)
            one.write(add(root, "SignatureValidationReport"))
    add_objects(root, files, with_bytes=with_bytes)
    validator = add(root, "SignatureValidator")
    add(add(validator, "DigitalId"), "X509SubjectName", f"CN={_engine(files)}", space=TSL)
    add(validator, "OtherInformation", "Lưu Trữ (luutru): the program that judged; nobody signed this report")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _engine(files: Sequence[ReportedFile]) -> str:
    return next((v.engine for f in files for v in f.verdicts if v.engine), "luutru-signatures")


# ------------------------------------------------------------ one signature


@dataclass(frozen=True, slots=True)
class _Signature:
    """One SignatureValidationReport."""

    identifier: str
    file: ReportedFile
    verdict: SignatureVerdict
    read: Mapping[str, Any]
    policy: Policy

    def write(self, report: etree._Element) -> None:
        self._identify(report)
        self._constraints(add(report, "ValidationConstraintsEvaluationReport"))
        self._times(add(report, "ValidationTimeInfo"))
        document = add(report, "SignersDocument")
        add_digest(document, "DigestAlgAndValue", self.file.facts["sha256"])
        add(document, "SignersDocumentRef", VOReference=object_id(self.file.facts["sha256"]))
        self._attributes(report)
        if self.read.get("signer"):
            signer = add(report, "SignerInformation")
            add_reference(signer, "SignerCertificate", self.read["signer"])
            add(signer, "Signer", self.verdict.signer_subject or self.verdict.signer or "")
        quality = add(report, "SignatureQuality")
        level = (self.verdict.level or "unknown").replace(" ", "-")
        add(quality, "SignatureQualityInformation", f"{OURS}:level:{level}")
        if self.verdict.coverage:
            add(quality, "SignatureQualityInformation", f"{OURS}:coverage:{self.verdict.coverage}")
        if self.verdict.plain:
            add(quality, "SignatureQualityInformation", f"{OURS}:plain:{self.verdict.plain.value}")
        add(add(report, "SignatureValidationProcess"), "SignatureValidationProcessID", _PROCESS)
        self._status(add(report, "SignatureValidationStatus"))

    def _identify(self, report: etree._Element) -> None:
        holder = add(report, "SignatureIdentifier", id=self.identifier)
        if self.read.get("signed_digest"):
            add_digest(holder, "DigestAlgAndValue", base64.b64decode(self.read["signed_digest"]).hex())
        if self.read.get("value"):
            add(holder, "SignatureValue", self.read["value"], space=DS)
        add(holder, "HashOnly", "false")
        add(holder, "DocHashOnly", "false")
        add(holder, "DAIdentifier", f"{self.file.name}: {self.verdict.field or '-'}")
        add(holder, "OtherInformation", f"kind: {self.verdict.kind}")

    # -------------------------------------------------------- constraints

    def _constraints(self, holder: etree._Element) -> None:
        policy = add(holder, "SignatureValidationPolicy")
        identifier = add(add(policy, "SignaturePolicyIdentifier"), "SignaturePolicyId", space=XADES)
        named = add(identifier, "SigPolicyId", space=XADES)
        add(named, "Identifier", f"{OURS}:policy:{self.policy.sha256}", space=XADES)
        add_digest(identifier, "SigPolicyHash", self.policy.sha256, space=XADES)
        add(policy, "PolicyName", self.policy.version)
        for name, word in _evaluated(self.verdict):
            block = add(holder, "ValidationConstraint")
            add(block, "ValidationConstraintIdentifier", f"{OURS}:block:{name}")
            add(add(block, "ConstraintStatus"), "Status", f"{ETSI}:constraintStatus:applied")
            status = add(block, "ValidationStatus")
            add(status, "MainIndication", f"{ETSI}:mainindication:{word}")
            if word != "passed":
                add(status, "SubIndication", f"{ETSI}:subindication:{self.verdict.subindication}")
        for name, practice in sorted(self.policy.practices.items()):
            row = add(holder, "ValidationConstraint")
            add(row, "ValidationConstraintIdentifier", f"{OURS}:practice:{name}")
            parameter = add(row, "ValidationConstraintParameter")
            add(parameter, "Type", f"{OURS}:practice-value")
            add(parameter, "Value", practice.value)
            word = "disabled" if practice.value in _OFF else "applied"
            add(add(row, "ConstraintStatus"), "Status", f"{ETSI}:constraintStatus:{word}")
            if name in self.verdict.practices:
                add(row, "Indications", practice.en)

    # -------------------------------------------------------- times and attributes

    def _times(self, holder: etree._Element) -> None:
        add(holder, "ValidationTime", self.verdict.judged_at)
        best = add(holder, "BestSignatureTime")
        add(best, "POETime", self.verdict.best_time or self.verdict.judged_at)
        proof = self.verdict.best_time_proof or ""
        outside = proof.startswith(("evidence-record", "known-since"))
        add(best, "TypeOfProof", f"{ETSI}:poetype:{'provided' if outside else 'validation'}")
        stamp = next(
            (s["object"] for s in self.read.get("stamps", ()) if proof and s["time"] == self.verdict.best_time), ""
        )
        if stamp:
            add_reference(best, "POEObject", stamp)

    def _attributes(self, report: etree._Element) -> None:
        holder = etree.Element(f"{{{VR}}}SignatureAttributes")
        if self.verdict.signing_time and self.verdict.kind == "signature":
            add(add(holder, "SigningTime", Signed="true"), "Time", self.verdict.signing_time)
        if self.read:
            self._claimed(holder)
            self._read_attributes(holder)
        if len(holder):
            report.append(holder)

    def _claimed(self, holder: etree._Element) -> None:
        for uri in self.read["commitments"]:
            add(add(holder, "CommitmentTypeIndication", Signed="true"), "CommitmentTypeIdentifier", uri)
        if self.read["policy"]:
            add(add(holder, "SigPolicyIdentifier", Signed="true"), "SigPolicyId", self.read["policy"])
        if self.read["place"]:
            add(add(holder, "SignatureProductionPlace", Signed="true"), "AddressString", self.read["place"])
        if self.read["roles"]:
            roles = add(holder, "SignerRole", Signed="true")
            for role in self.read["roles"]:
                details = add(roles, "RoleDetails")
                add(details, "Role", role)
                add(details, "EndorsementType", "claimed")

    def _read_attributes(self, holder: etree._Element) -> None:
        for stamp in self.read["stamps"]:
            element = add(holder, _STAMP_ATTRIBUTES[stamp["kind"]])
            add_reference(element, "AttributeObject", stamp["object"])
            add(element, "TimeStampValue", stamp["time"])
        if self.read["message_digest"]:
            add(add(holder, "MessageDigest", Signed="true"), "Digest", self.read["message_digest"])
        if self.read["sub_filter"]:
            add(add(holder, "SubFilter"), "SubFilterElement", self.read["sub_filter"])
        if self.read["byte_range"]:
            add(holder, "ByteRange", " ".join(str(n) for n in self.read["byte_range"]))

    # -------------------------------------------------------- status

    def _status(self, status: etree._Element) -> None:
        word = self.verdict.indication.value.lower().replace("_", "-")
        if self.verdict.kind == "document-timestamp":
            # A time-stamp is validated by a building block, not by a whole process: its words have no "total".
            word = word.removeprefix("total-")
        add(status, "MainIndication", f"{ETSI}:mainindication:{word}")
        if self.verdict.subindication:
            add(status, "SubIndication", f"{ETSI}:subindication:{self.verdict.subindication}")
        data = add(status, "AssociatedValidationReportData")
        self._chain(data)
        if self.read.get("algorithm") and self.read.get("signer"):
            crypto = add(data, "CryptoInformation")
            add_reference(crypto, "ValidationObjectId", self.read["signer"])
            add(crypto, "Algorithm", self.read["algorithm"])
            weak = (self.verdict.subindication or "").startswith("CRYPTO_CONSTRAINTS")
            add(crypto, "SecureAlgorithm", "false" if weak else "true")
        told = list(_told(self.verdict))
        if told:
            more = add(data, "AdditionalValidationReportData")
            for kind, text in told:
                entry = add(more, "ReportData")
                add(entry, "Type", f"{OURS}:{kind}")
                add(entry, "Value", text)
        if not len(data):
            status.remove(data)

    def _chain(self, data: etree._Element) -> None:
        chain = self.read.get("chain", [])
        if not chain:
            return
        anchored = len(chain) > 1 and self.verdict.subindication != "NO_CERTIFICATE_CHAIN_FOUND"
        if anchored:
            add_reference(data, "TrustAnchor", chain[-1])
        holder = add(data, "CertificateChain")
        add_reference(holder, "SigningCertificate", chain[0])
        for one in chain[1 : -1 if anchored else None]:
            add_reference(holder, "IntermediateCertificate", one)
        if anchored:
            add_reference(holder, "TrustAnchor", chain[-1])
        revoked = self.read.get("revocation")
        if revoked:
            status = add(data, "RevocationStatusInformation")
            add_reference(status, "ValidationObjectId", chain[0])
            add(status, "RevocationTime", revoked["time"])
            if revoked["reason"]:
                add(status, "RevocationReason", f"{OURS}:crl-reason:{revoked['reason']}")
            add_reference(status, "RevocationObject", revoked["object"])


def _evaluated(verdict: SignatureVerdict) -> Iterator[tuple[str, str]]:
    """Building blocks in their order up to the one that decided."""
    for name, words in BLOCKS:
        if verdict.subindication in words:
            yield name, "failed" if verdict.indication is Indication.TOTAL_FAILED else "indeterminate"
            return
        if verdict.subindication == "GENERIC":
            return
        yield name, "passed"


def _told(verdict: SignatureVerdict) -> Iterator[tuple[str, str]]:
    for kind, texts in (
        ("reason", verdict.reasons),
        ("changed-after-signing", verdict.changed_after),
        ("would-help", verdict.would_help),
        ("practice", verdict.practices),
    ):
        for text in texts:
            yield kind, text
    for name, time in sorted(verdict.claimed_times.items()):
        yield f"claimed-time:{name}", time
    if verdict.best_time_proof:
        yield "best-time-proof", verdict.best_time_proof
    if verdict.trust_set:
        yield "trust-set", verdict.trust_set
