"""Where a grade of secrecy may stand in a message of the exchange, which must never carry one.

The standard has no element for it (OtherInfo/Priority is urgency), so it is looked for wherever programs put it:
in any element called like it, and as the whole text of any element of the header in which no one writes sentences.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from metadata.edxml_tree import Element
from metadata.validation_secrets import secret_grade

_CALLED = re.compile(
    r"secre(?:t|cy)|securit|confidential|classification|^(?:do|muc|mucdo|capdo|loai)_?mat(?:id|_id|code)?$|^mat$|domat"
)
_OPEN = frozenset({"", "0", "00", "none", "no", "false", "thuong", "khong", "khong mat", "binh thuong", "public"})
_SENTENCES = frozenset(
    {
        *("Subject", "Content", "BussinessDocReason", "Description", "AttachmentName", "OrganName", "OrganAdd"),
        *("FullName", "Position", "Competence", "Staff", "Department", "Place", "OrganizationInCharge"),
        *("SignatureValue", "X509Certificate", "X509SubjectName", "DigestValue", "ContentId", "DocumentId"),
    }
)
_CONTENTS = frozenset({"AttachmentEncoded", "Signature", "DigitalSignature"})


def secret_elements(root: Element) -> Iterator[tuple[Element, str]]:
    """Elements that bear a grade, each with its path; never what is written in them."""
    waiting = [(root, "")]
    while waiting:
        element, above = waiting.pop()
        # A header of SOAP security holds certificates in texts of its own.
        if element.name in _CONTENTS or (element.name == "Security" and element.children):
            continue
        path = f"{above}/{element.name}" if above else element.name
        if _is_grade(element):
            yield element, path.partition("MessageHeader/")[2] or path
        waiting += [(child, path) for child in reversed(element.children)]


def _is_grade(element: Element) -> bool:
    text = element.text.strip()
    if not text:
        return False
    if _CALLED.search(_folded(element.name)):
        return _folded(text) not in _OPEN
    return element.name not in _SENTENCES and secret_grade("", text)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())
