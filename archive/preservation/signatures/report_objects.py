"""Validation objects of a report: each once, with what proves it and, for time-stamps, what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lxml import etree

from archive.preservation.signatures.report_elements import (
    ETSI,
    OURS,
    ReportedFile,
    add,
    add_digest,
    facts_of_verdict,
    object_id,
)
from metadata.verdicts import SignatureVerdict

_FAILED = ("HASH_FAILURE", "SIG_CRYPTO_FAILURE", "FORMAT_FAILURE")


def add_objects(root: etree._Element, files: Sequence[ReportedFile], *, with_bytes: bool) -> None:
    """Each file, then each object of any of them, once."""
    holder = add(root, "SignatureValidationObjects")
    written: set[str] = set()
    for file in files:
        name = file.facts["sha256"]
        if name not in written and file.verdicts:
            written.add(name)
            one = add(holder, "ValidationObject", id=object_id(name))
            add(one, "ObjectType", f"{ETSI}:validationObject:signedData")
            add_digest(add(one, "ValidationObjectRepresentation"), "DigestAlgAndValue", name)
    for file in files:
        for name, described in sorted(file.facts["objects"].items()):
            if name in written:
                continue
            written.add(name)
            one = add(holder, "ValidationObject", id=f"O-{name}")
            add(one, "ObjectType", f"{ETSI}:validationObject:{described['kind']}")
            shape = add(one, "ValidationObjectRepresentation")
            if with_bytes and described["der"]:
                add(shape, "base64", described["der"])
            add_digest(shape, "DigestAlgAndValue", name)
            _proven(one, file, name, described)


def _proven(one: etree._Element, file: ReportedFile, name: str, described: Mapping[str, str]) -> None:
    """Since when the object is known here, what it proves itself, and what came of it."""
    at = next((v.judged_at for v in file.verdicts), "")
    poe = add(one, "POE")
    add(poe, "POETime", at)
    add(poe, "TypeOfProof", f"{ETSI}:poetype:validation")
    if described["kind"] != "timestamp":
        return
    holders = [
        (verdict, stamp)
        for number, verdict in enumerate(file.verdicts)
        for stamp in facts_of_verdict(file, number, verdict).get("stamps", ())
        if stamp["object"] == name
    ]
    if not holders:
        return
    verdict, stamp = holders[0]
    provisioning = add(one, "POEProvisioning")
    add(provisioning, "POETime", described["time"])
    if verdict.field is not None and stamp["kind"] == "document":
        add(add(provisioning, "SignatureReference"), "PAdESFieldName", verdict.field)
    else:
        add(add(provisioning, "SignatureReference"), "OtherInformation", f"{file.name}: {verdict.field or '-'}")
    word, sub, why = _stamp_status(verdict, stamp)
    report = add(one, "ValidationReport")
    status = add(report, "SignatureValidationStatus")
    add(status, "MainIndication", f"{ETSI}:mainindication:{word}")
    if sub:
        add(status, "SubIndication", f"{ETSI}:subindication:{sub}")
    if why:
        entry = add(add(add(status, "AssociatedValidationReportData"), "AdditionalValidationReportData"), "ReportData")
        add(entry, "Type", f"{OURS}:reason")
        add(entry, "Value", why)


def _stamp_status(verdict: SignatureVerdict, stamp: Mapping[str, str]) -> tuple[str, str, str]:
    """What the verdict says of one of its time-stamps: one that could not be used is told with its reason."""
    if stamp["kind"] == "document":
        word = {"TOTAL_PASSED": "passed", "TOTAL_FAILED": "failed"}.get(verdict.indication.value, "indeterminate")
        return word, verdict.subindication or "", "; ".join(verdict.reasons)
    for reason in verdict.reasons:
        if reason.startswith(f"time-stamp-unused: {stamp['time']}, "):
            sub, _, why = reason.removeprefix(f"time-stamp-unused: {stamp['time']}, ").partition(": ")
            return (
                "failed" if sub in ("HASH_FAILURE", "SIG_CRYPTO_FAILURE", "FORMAT_FAILURE") else "indeterminate",
                sub,
                why,
            )
    if verdict.best_time is not None and stamp["time"] >= verdict.best_time:
        return "passed", "", ""
    return "indeterminate", "GENERIC", "the verdict on the signature does not lean on it"
