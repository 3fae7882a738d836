"""The receipt: what came in, what was taken, what was refused and why, and what the archive promises.

A receipt is written once, when a submission (or one of its dossiers) has been
received, and travels in the package as `documentation/receipt.json` and as a
printable page.
"""

from __future__ import annotations

import html
import string
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files as resources

from pydantic import BaseModel, ConfigDict

from metadata import messages, rules
from metadata.bridge.kept import RuleCount
from metadata.descriptions import ReceivedContainer
from metadata.findings import Finding
from metadata.time import VIETNAM, from_rfc3339

RECEIPT_VERSION = 1

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class ReceivedEntry(BaseModel):
    """One file that came in, with what proves it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    """Path in the delivery as received."""

    size_bytes: int
    sha256: str
    sha512: str
    ordinal: int | None = None
    """Document it belongs to; None for metadata files."""


class RefusedEntry(BaseModel):
    """One file that was not taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    rules: tuple[str, ...] = ()
    """Rules that it breaks; empty: it belongs to no delivery (Thumbs.db …)."""


class Receipt(BaseModel):
    """A receipt. Times are RFC 3339."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = RECEIPT_VERSION
    submission_id: str
    package_id: str = ""
    """UUID of the package that the dossier becomes; empty when it was refused or for a whole submission."""

    file_code: str = ""
    title: str = ""
    agency: str
    agency_name: str = ""
    archive: str = ""
    """Name of the receiving archive."""

    submitted_by: str = ""
    received_at: str
    issued_at: str
    time_source: str = ""
    """Where the times come from, such as `system`."""

    documents: int = 0
    counted_in: int
    """Files that the delivery holds for this receipt."""

    counted_out: int
    """Files taken. With `refused` it makes `counted_in`."""

    bytes_in: int = 0
    containers: tuple[ReceivedContainer, ...] = ()
    """ZIP or TAR in which the delivery came, the outermost first."""

    files: tuple[ReceivedEntry, ...] = ()
    refused: tuple[RefusedEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    conversion: tuple[RuleCount, ...] = ()
    """Losses and doubts of the conversion to the circular in force, by rule of the bridge."""

    program: str = ""
    """Program and version that issued it."""

    def balances(self) -> bool:
        """Whether every file that came in is either taken or refused."""
        return (
            self.counted_in == self.counted_out + len(self.refused)
            and self.counted_out == len(self.files)
            and self.bytes_in == sum(entry.size_bytes for entry in self.files)
        )


def receipt_json(receipt: Receipt) -> bytes:
    """The receipt as JSON for programs; the same receipt gives the same bytes."""
    return (receipt.model_dump_json(indent=1) + "\n").encode()


def read_receipt(data: bytes) -> Receipt:
    """The receipt that `receipt_json` wrote.

    Raises:
        ValueError: the bytes are no receipt.
    """
    return Receipt.model_validate_json(data)


@cache
def _template() -> string.Template:
    return string.Template(resources("metadata").joinpath("receipt.html").read_text(encoding="utf-8"))


def _shown(text: str) -> str:
    """`text` as HTML; what would not be seen, or would turn the words around it, is written out."""
    seen = "".join(f"⟨U+{ord(c):04X}⟩" if unicodedata.category(c) in _UNSEEN else c for c in text)
    return html.escape(seen)


def _bilingual(key: str, **values: object) -> str:
    vi = _shown(messages.text(f"receipt.{key}", "vi", **values))
    en = _shown(messages.text(f"receipt.{key}", "en", **values))
    return f'{vi}<span class="en" lang="en">{en}</span>'


def _row(cells: Iterable[str], tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>\n"


def _civil(instant: str) -> str:
    """`instant` as people in Vietnam read it; as it stands where it is no time."""
    try:
        return from_rfc3339(instant).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M:%S (UTC+07:00)")
    except ValueError:
        return instant


def _facts(receipt: Receipt) -> Iterator[str]:
    rows = (
        ("archive", receipt.archive),
        ("agency", f"{receipt.agency_name} ({receipt.agency})" if receipt.agency_name else receipt.agency),
        ("submitted_by", receipt.submitted_by),
        ("submission_id", receipt.submission_id),
        ("package_id", receipt.package_id),
        ("file_code", receipt.file_code),
        ("title", receipt.title),
        ("received_at", _civil(receipt.received_at)),
        ("issued_at", _civil(receipt.issued_at)),
        ("documents", str(receipt.documents)),
        ("counts", f"{receipt.counted_in} = {receipt.counted_out} + {len(receipt.refused)}"),
        ("bytes", f"{receipt.bytes_in:,}".replace(",", ".")),
        *(("container", f"{found.name} (SHA-256 {found.sha256})") for found in receipt.containers),
    )
    for key, value in rows:
        if value:
            yield f"<tr><th>{_bilingual(key)}</th><td>{_shown(value)}</td></tr>\n"


def _file_rows(files: Sequence[ReceivedEntry]) -> Iterator[str]:
    for number, entry in enumerate(files, start=1):
        digests = f"SHA-256 {entry.sha256}<br>SHA-512 {entry.sha512}"
        ordinal = "" if entry.ordinal is None else str(entry.ordinal)
        yield _row((str(number), ordinal, _shown(entry.path), str(entry.size_bytes), f"<code>{digests}</code>"))


def _finding_rows(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        vi, en = (_shown(rules.message(finding, language)) for language in ("vi", "en"))
        row = "" if finding.row is None else f" ({finding.row})"
        place = _shown(finding.subject + row)
        severity = _bilingual(rules.severity_of(finding).value)
        yield _row((_shown(finding.rule), severity, place, f'{vi}<span class="en" lang="en">{en}</span>'))


def _conversion_rows(counts: Sequence[RuleCount]) -> Iterator[str]:
    for told in counts:
        vi, en = (_shown(told.fields.get(language, "")) for language in ("vi", "en"))
        named = f'{vi}<span class="en" lang="en">{en}</span>' if vi else _bilingual("no_table")
        yield _row((_shown(told.rule), named, str(told.count)))


def _section(heading: str, columns: Sequence[str], rows: Iterable[str]) -> str:
    body = "".join(rows)
    if not body:
        return ""
    head = _row((_bilingual(column) for column in columns), "th")
    return f"<h2>{_bilingual(heading)}</h2>\n<table><thead>{head}</thead><tbody>\n{body}</tbody></table>\n"


def receipt_html(receipt: Receipt) -> bytes:
    """The receipt as a page for printing: Vietnamese, English beneath, no script, nothing loaded from elsewhere."""
    refused = (
        _row((_shown(entry.path), _shown(", ".join(entry.rules)) or _bilingual("no_part"))) for entry in receipt.refused
    )
    page = _template().substitute(
        heading=_bilingual("heading"),
        facts="".join(_facts(receipt)),
        files=_section("files", ("number", "ordinal", "path", "size", "digests"), _file_rows(receipt.files)),
        refused=_section("refused", ("path", "why"), refused),
        findings=_section("findings", ("rule", "severity", "place", "message"), _finding_rows(receipt.findings)),
        conversion=_section("conversion", ("rule", "field", "count"), _conversion_rows(receipt.conversion)),
        promise=_bilingual("promise"),
        giver=_bilingual("giver"),
        taker=_bilingual("taker"),
        program=_shown(receipt.program),
        time_source=_bilingual("time_source", source=receipt.time_source or "?"),
    )
    return page.encode()
