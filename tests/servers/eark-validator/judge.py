"""Asks eark-validator about packages: paths on standard input, one JSON line each on standard output.

    python judge.py

A line is `SPECIFICATION<TAB>PATH`, such as `2.0.4` and a folder or ZIP. An answer has `errors` and `warnings`: lists
of rule ids, `XSD` for what breaks the schema of METS.

eark-validator fetches four vocabularies when it is imported, and dies without a network. It gets them from here.
"""

from __future__ import annotations

import io
import json
import sys
import urllib.request
from pathlib import Path

VOCABULARIES = {
    "CSIPVocabularyContentCategory.xml": [
        "Textual works – Print", "Textual works – Digital", "Textual works – Electronic Serials",
        "Digital Musical Composition (score-based representations)", "Photographs – Print", "Photographs – Digital",
        "Other Graphic Images – Print", "Other Graphic Images – Digital", "Microforms",
        "Audio – On Tangible Medium (digital or analog)", "Audio – Media-independent (digital)",
        "Motion Pictures – Digital and Physical Media", "Video – File-based and Physical Media", "Software", "Datasets",
        "Geospatial Data", "Databases", "Websites", "Collection", "Event", "Interactive resource", "Physical object",
        "Service", "Mixed", "Other",
    ],
    "CSIPVocabularyContentInformationType.xml": [
        "SIARD1", "SIARD2", "SIARDDK", "citserms_v2_1", "citssiard_v1_0", "citsgeospatial_v3_0", "citsehpj_v1_0",
        "MIXED", "OTHER",
    ],
    "CSIPVocabularyOAISPackageType.xml": ["SIP", "AIP", "DIP", "AIU", "AIC"],
    "CSIPVocabularyStatus.xml": ["CURRENT", "SUPERSEDED"],
}


def _local(url: object, *_arguments: object, **_more: object) -> io.BytesIO:
    name = str(url).rsplit("/", 1)[-1]
    if name not in VOCABULARIES:
        raise OSError(f"offline: {url}")
    return io.BytesIO("\n".join(f"<Term>{term}</Term>" for term in VOCABULARIES[name]).encode())


_real, urllib.request.urlopen = urllib.request.urlopen, _local
import eark_validator.packages as packages  # noqa: E402
from eark_validator.specifications.specification import SpecificationVersion  # noqa: E402

urllib.request.urlopen = _real


def judge(specification: str, path: Path) -> dict:
    """The validator's answer, boiled down to rule ids."""
    report = packages.PackageValidator(path, SpecificationVersion("V" + specification)).validation_report
    plain = report.model_dump(mode="json")
    metadata = plain.get("metadata") or {}
    messages = list(plain["structure"]["messages"])
    for part in ("schema_results", "schematron_results"):
        messages += (metadata.get(part) or {}).get("messages", [])
    answer = {"path": str(path), "errors": [], "warnings": [], "messages": []}
    for message in messages:
        severity = str(message.get("severity")).lower().rpartition(".")[2]
        rule = message.get("rule_id") or "XSD"
        if severity in {"error", "warn", "warning"}:
            answer["errors" if severity == "error" else "warnings"].append(rule)
            answer["messages"].append(f"{rule}: {message.get('message')}"[:300])
    return answer


def main() -> None:
    """Answer until standard input ends."""
    for line in sys.stdin:
        specification, _, path = line.rstrip("\n").partition("\t")
        try:
            answer = judge(specification, Path(path))
        except Exception as error:  # a judge that breaks down has not judged
            answer = {"path": path, "broken": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
