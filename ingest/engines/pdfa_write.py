"""Writing a PDF/A candidate and reading back what was written (pikepdf's own checker on our own bytes).

The flavour 2u is 2b plus one promise: every letter shown has its Unicode value.
It is asked for only when each font says so (`speaks_unicode`), and is never claimed unasked.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream
from pikepdf.pdfa import Flavour, check, prepare, resolve_save_kwargs, validate_written

from ingest.engines.fixups import drop_unknown_keys
from ingest.engines.pdfa_losses import Losses

JUDGE = {"name": "pikepdf.pdfa", "version": pikepdf.__version__, "command": ""}
MAX_PRIVATE_KEY_ROUNDS = 4
MAX_RULES = 20
INTENT_SPACE = slice(16, 20)
"""Where an ICC profile names its colour space."""

_CONFORMANCE = re.compile(rb"(<pdfaid:conformance>)B(</pdfaid:conformance>)")
_METADATA_DATE = re.compile(rb"(<xmp:MetadataDate>)[^<]*(</xmp:MetadataDate>)")
_LETTER_RULE = "6.6.4-3"
_LETTER_WORDS = "pdfaid:conformance is 'U'"
_ZONELESS = re.compile(r"D:\d{4,14}")
_VIETNAM_OFFSET = "+07'00'"
_NO_LETTER = re.compile(rb"FEFF|FFFE", re.IGNORECASE)
_PLAIN_ENCODINGS = ("/WinAnsiEncoding", "/MacRomanEncoding")


@dataclass(frozen=True, slots=True)
class Written:
    """A candidate as written, and what the checker says of its bytes."""

    verdict: str
    """`pass`, `fail` or `not_checked`."""

    flavour: str
    """Flavour that the file claims: what a judge has to confirm."""

    rules: tuple[str, ...]
    detail: str


def candidate_intent(pdf: Pdf) -> str | None:
    """Output intent to write: sRGB, or None to keep a CMYK one of the document that its colours need."""
    intents = pdf.Root.get("/OutputIntents")
    spaces = {_space(i) for i in intents.as_list()} if isinstance(intents, Array) else set()
    return None if spaces == {b"CMYK"} and _uses_cmyk(pdf) else "sRGB"


def _space(intent: Object) -> bytes:
    profile = intent.get("/DestOutputProfile") if isinstance(intent, Dictionary) else None
    return profile.read_bytes()[INTENT_SPACE] if isinstance(profile, Stream) else b""


def _uses_cmyk(pdf: Pdf) -> bool:
    for thing in pdf.objects:
        if isinstance(thing, Stream) and thing.get("/ColorSpace") == "/DeviceCMYK":
            return True
    return any(
        str(instruction.operator) in {"k", "K"}
        for page in pdf.pages
        for instruction in pikepdf.parse_content_stream(page)
    )


def speaks_unicode(pdf: Pdf) -> bool:
    """Whether every font has a ToUnicode map or an encoding whose letters are known (ISO 19005-2, 6.2.11.7.2).

    That each map covers each code shown is seen by reading the letters back (`pdfa_checks.unmapped`).
    """
    for thing in pdf.objects:
        if not isinstance(thing, Dictionary) or thing.get("/Type") != "/Font":
            continue
        kind = str(thing.get("/Subtype", ""))
        given = thing.get("/ToUnicode")
        if isinstance(given, Stream):
            # 6.2.11.7.2-2: these two are no letters. A code of that number is refused as well: rare, and 2b is true.
            if _NO_LETTER.search(given.read_bytes()):
                return False
            continue
        if kind.startswith("/CIDFont"):
            continue
        if kind in ("/Type0", "/Type3") or str(thing.get("/Encoding", "")) not in _PLAIN_ENCODINGS:
            return False
    return True


def write(pdf: Pdf, target: Path, *, flavour: str, at: str, losses: Losses, thorough: bool = False) -> Written:
    """Declare `pdf` as PDF/A, write it to `target`, and check the bytes that were written.

    The same input and `at` give the same bytes.

    Args:
        pdf: The open copy, cleaned.
        target: Not existing yet.
        flavour: `2b` or `2u`, the claim to write.
        at: RFC 3339 time that stands as the metadata date.
        losses: What preparing took away goes here.
        thorough: Also drop private keys that the checker does not know.
    """
    _prepare(pdf, losses)
    options = {"force_version": "1.7"} if pdf.pdf_version.startswith("2") else {}
    for _ in range(MAX_PRIVATE_KEY_ROUNDS if thorough else 0):
        findings = [(f.where, f.message) for f in check(pdf, Flavour.PDFA_2B, **options).findings]
        if not drop_unknown_keys(pdf, findings, losses):
            break
    _settle_packet(pdf, flavour, at)
    pdf.save(target, **resolve_save_kwargs(Flavour.PDFA_2B, deterministic_id=True, **options))
    return read_back(target, flavour)


def declare(pdf: Pdf, *, flavour: str, at: str, losses: Losses) -> None:
    """Make `pdf` say that it is PDF/A, with all that this takes beside its pages; see `write` for what is given."""
    _prepare(pdf, losses)
    _settle_packet(pdf, flavour, at)


def _prepare(pdf: Pdf, losses: Losses) -> None:
    _date_without_zone(pdf)
    prepared = prepare(pdf, Flavour.PDFA_2B, output_intent=candidate_intent(pdf))
    for level, sentence in prepared.messages():
        if level in ("warning", "info"):
            losses.add("prepared", sentence)


def read_back(path: Path | BinaryIO, flavour: str) -> Written:
    """What pikepdf's checker says of bytes that pikepdf wrote; for other bytes its word is no verdict."""
    report = validate_written(path, Flavour.PDFA_2B)
    findings = [
        f
        for f in report.findings
        # The checker knows level B only: the letter U, and nothing else, may differ.
        if not (flavour == "2u" and f.rule.endswith(_LETTER_RULE) and f.message.startswith(_LETTER_WORDS))
    ]
    verdict = "fail" if any(f.kind == "violation" for f in findings) else "not_checked" if findings else "pass"
    rules = tuple(dict.fromkeys(f.rule.rpartition(":")[2] for f in findings))[:MAX_RULES]
    detail = f"{findings[0].where}: {findings[0].message}"[:300] if findings else ""
    return Written(verdict, flavour, rules, detail)


def _settle_packet(pdf: Pdf, flavour: str, at: str) -> None:
    """Put our time and letter into the packet that `prepare` wrote (it knows only the machine's clock and level B)."""
    packet = pdf.Root["/Metadata"]
    data = packet.read_bytes()
    data = _METADATA_DATE.sub(rb"\g<1>" + at.encode("ascii") + rb"\g<2>", data)
    if flavour == "2u":
        data, count = _CONFORMANCE.subn(rb"\g<1>U\g<2>", data)
        if count != 1:
            msg = "pikepdf wrote its XMP packet in a form that this program does not know"
            raise RuntimeError(msg)
    packet.write(data)


def _date_without_zone(pdf: Pdf) -> None:
    """A date without a zone is meant in Vietnam, not where this program runs."""
    if "/Info" not in pdf.trailer:
        return
    for key in (Name.CreationDate, Name.ModDate):
        value = pdf.docinfo.get(key)
        if isinstance(value, pikepdf.String) and _ZONELESS.fullmatch(str(value)):
            pdf.docinfo[key] = pikepdf.String(f"{value}{_VIETNAM_OFFSET}")


def title_of(pdf: Pdf) -> dict[str, str]:
    """Title, author and subject as plain text, for a copy that is made anew."""
    found: dict[str, str] = {}
    for key in ("/Title", "/Author", "/Subject"):
        value = pdf.docinfo.get(key) if "/Info" in pdf.trailer else None
        if isinstance(value, pikepdf.String):
            words = "".join(c for c in unicodedata.normalize("NFC", str(value)) if c.isprintable()).strip()
            if words:
                found[key] = words[:500]
    return found


def judge(scratch: Path, source: str, flavour: str) -> dict[str, object]:  # noqa: ARG001 - every task has a scratch folder
    """Worker task: `read_back` of a file that this program wrote."""
    written = read_back(Path(source), flavour)
    return {"verdict": written.verdict, "rules": list(written.rules), "detail": written.detail, "tool": JUDGE}
