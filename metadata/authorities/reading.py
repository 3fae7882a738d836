"""Reads an authority table from CSV: every broken row at once, nothing taken from a file that has one.

UTF-8 with or without a mark, parted by commas, semicolons or tabs. Columns by their names, Vietnamese or English,
in any order; unknown columns are told and left out. The file is the operator's own, not a delivery.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from metadata.authorities.entries import MOST_ROWS, AuthorityEntry, AuthorityKind
from metadata.codes import nfc
from metadata.dates import read_date
from metadata.findings import Finding
from metadata.profiles.vocabularies import fold

MAX_BYTES = 64 << 20
_MOST_LETTERS = 400
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "mã", "mã định danh", "mã cơ quan", "mã phông", "mã kho", "mã vị trí", "organid"),
    "name": ("name", "tên", "tên cơ quan", "tên phông", "tên vị trí", "organname", "fondname"),
    "also": ("also", "tên khác", "tên viết tắt", "viết tắt", "abbreviation", "abbreviations", "tên cũ"),
    "parent": ("parent", "cấp trên", "mã cấp trên", "cơ quan cấp trên", "thuộc"),
    "valid_from": ("valid_from", "từ ngày", "ngày bắt đầu", "hiệu lực từ"),
    "valid_to": ("valid_to", "đến ngày", "ngày kết thúc", "hiệu lực đến"),
    "successor": ("successor", "kế thừa", "sáp nhập vào", "cơ quan kế thừa", "mã kế thừa"),
    "archive": ("archive", "cơ quan lưu trữ", "mã cơ quan lưu trữ", "kho lưu trữ"),
    "state": ("state", "tình trạng", "trạng thái", "phông mở/đóng"),
    "note": ("note", "ghi chú"),
}
_STATES = {
    "mo": "open",
    "open": "open",
    "phong mo": "open",
    "dong": "closed",
    "closed": "closed",
    "phong dong": "closed",
}
_NAMES = {fold(name): key for key, names in _COLUMNS.items() for name in names}


@dataclass(slots=True)
class ReadTable:
    """What a file holds: rows, or why none of them is taken."""

    entries: tuple[AuthorityEntry, ...] = ()
    findings: list[Finding] = field(default_factory=list)


def read_table(kind: AuthorityKind, data: bytes, file: str) -> ReadTable:
    """Read `data`.

    Args:
        kind: Of which table.
        data: The file; at most `MAX_BYTES`.
        file: Its name, for the findings.
    """
    answer = ReadTable()
    text = _text(data)
    if text is None or len(data) > MAX_BYTES:
        answer.findings.append(Finding(rule="AUT-010", subject=file, file=file))
        return answer
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        return _read(kind, list(_limited(rows)), file)
    except csv.Error as error:
        answer.findings.append(Finding(rule="AUT-010", subject=file, file=file, values={"detail": str(error)}))
        return answer


def _limited(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            msg = f"> {MOST_ROWS}"
            raise csv.Error(msg)
        yield row


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def _read(kind: AuthorityKind, rows: Sequence[Sequence[str]], file: str) -> ReadTable:
    answer = ReadTable()
    heading = rows[0] if rows else ()
    columns = {at: _NAMES.get(fold(cell)) for at, cell in enumerate(heading)}
    for at, key in columns.items():
        if key is None and heading[at].strip():
            answer.findings.append(Finding(rule="AUT-011", subject=file, file=file, row=1, column=heading[at].strip()))
    missing = [name for name in ("code", "name") if name not in columns.values()]
    if missing:
        values = {"column": ", ".join(_COLUMNS[name][1] for name in missing)}
        answer.findings.append(Finding(rule="AUT-012", subject=file, file=file, row=1, values=values))
        return answer
    headings = {key: heading[at].strip() for at, key in columns.items() if key}
    found: list[tuple[int, AuthorityEntry]] = []
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            cells = {key: nfc(row[at]) for at, key in columns.items() if key and at < len(row)}
            found.append((number, _Row(kind, file, number, cells, headings, answer.findings).entry()))
    answer.findings += _between([(number, entry) for number, entry in found if entry.code], file, headings)
    answer.findings.sort(key=lambda finding: finding.row or 0)
    if not any(finding.rule != "AUT-011" for finding in answer.findings):
        answer.entries = tuple(entry for _, entry in found)
    return answer


@dataclass(slots=True)
class _Row:
    kind: AuthorityKind
    file: str
    number: int
    cells: Mapping[str, str]
    headings: Mapping[str, str]
    findings: list[Finding]

    def entry(self) -> AuthorityEntry:
        """The row, what is broken in it left out: others are compared with it all the same."""
        if not self.cells.get("code") or not self.cells.get("name"):
            self._broken("AUT-013", "name" if self.cells.get("code") else "code")
        for key, value in self.cells.items():
            if len(value) > _MOST_LETTERS:
                self._broken("AUT-018", key)
        start, end = self._day("valid_from"), self._day("valid_to")
        if start and end and end < start:
            self._broken("AUT-015", "valid_to")
        state = self._state()
        also = tuple(part.strip() for part in self.cells.get("also", "").split(";") if part.strip())
        plain = {key: self.cells.get(key, "") for key in ("code", "name", "parent", "successor", "archive", "note")}
        return AuthorityEntry(**plain, also=also, valid_from=start, valid_to=end, state=state)

    def _day(self, key: str) -> str:
        written = self.cells.get(key, "")
        if not written:
            return ""
        date = read_date(written).date
        if date is None:
            self._broken("AUT-014", key)
            return ""
        # A year is all of it: it begins with its first day and ends with its last.
        return (date.earliest() if key == "valid_from" else date.latest()).isoformat()

    def _state(self) -> str:
        written = self.cells.get("state", "")
        state = _STATES.get(fold(written), "")
        if written and not state and self.kind is AuthorityKind.FONDS:
            self._broken("AUT-017", "state")
        return state

    def _broken(self, rule: str, key: str) -> None:
        values = {"written": self.cells.get(key, "")[:80], "code": self.cells.get("code", "")[:80]}
        subject = self.cells.get("code") or self.file
        self.findings.append(
            Finding(
                rule=rule,
                subject=subject[:80],
                file=self.file,
                row=self.number,
                column=self.headings.get(key, key),
                values=values,
            )
        )


def _between(found: Sequence[tuple[int, AuthorityEntry]], file: str, headings: Mapping[str, str]) -> Iterator[Finding]:
    """What rows break together: one code twice at one time, a code that no row has, a place within itself."""
    by_code: dict[str, list[tuple[int, AuthorityEntry]]] = {}
    for number, entry in found:
        for other_number, other in by_code.get(fold(entry.code), ()):
            if _overlap(entry, other):
                values = {"code": entry.code, "other_row": str(other_number)}
                yield Finding(
                    rule="AUT-016", subject=entry.code, file=file, row=number, column=headings["code"], values=values
                )
                break
        by_code.setdefault(fold(entry.code), []).append((number, entry))
    parents = {fold(entry.code): fold(entry.parent) for _, entry in found}
    for number, entry in found:
        for key in ("parent", "successor"):
            value = getattr(entry, key)
            if value and fold(value) not in by_code:
                values = {"code": entry.code, "written": value}
                yield Finding(
                    rule="AUT-019", subject=entry.code, file=file, row=number, column=headings[key], values=values
                )
        if _in_itself(fold(entry.code), parents):
            values = {"code": entry.code, "written": entry.parent}
            yield Finding(
                rule="AUT-020", subject=entry.code, file=file, row=number, column=headings["parent"], values=values
            )


def _overlap(one: AuthorityEntry, other: AuthorityEntry) -> bool:
    latest, soonest = max(one.valid_from, other.valid_from), min(one.valid_to or "9999", other.valid_to or "9999")
    return latest <= soonest


def _in_itself(code: str, parents: Mapping[str, str]) -> bool:
    seen = {code}
    above = parents.get(code, "")
    while above:
        if above == code:
            return True
        if above in seen:
            return False
        seen.add(above)
        above = parents.get(above, "")
    return False
