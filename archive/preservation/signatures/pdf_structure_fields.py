"""The filled signature fields of an opened PDF: the tree of fields walked with caps, each dictionary read with care."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import pikepdf

from archive.preservation.signatures.pdf_bytes import MAX_CONTENTS, in_gap, span_of, span_problem
from archive.preservation.signatures.pdf_facts import ByteRange, SignedField
from archive.preservation.signatures.pdf_structure import DamagedError, Key, Revisions, items
from archive.preservation.signatures.pdf_structure_looks import Looks, looks_of

MAX_FIELDS = 50
"""Filled signature fields that are judged; more are told as one that is not."""

MAX_NODES = 20_000
"""Nodes of the tree of fields that are walked."""

MAX_DEPTH = 50
MAX_NAME = 1000
_MAX_REFERENCES = 20
_LINE_END = 2
_MAX_LOCKED = 500
_MAX_CERTIFICATES = 20
_TIME_STAMP = "ETSI.RFC3161"
_LATER = "dictionary: the field got"
_HARMLESS = "reported number of objects"
"""What qpdf warns of where /Size is larger than it need be, as some writers make it: every object is read."""

_DATE = re.compile(
    r"D?:?(?P<year>\d{4})(?P<month>\d{2})?(?P<day>\d{2})?(?P<hour>\d{2})?(?P<minute>\d{2})?(?P<second>\d{2})?"
    r"(?P<zone>Z|[+-]\d{2}(?:'?\d{2})?)?"
)


class TreeError(ValueError):
    """The tree of fields cannot be walked to its end."""


@dataclass(frozen=True, slots=True)
class FieldNode:
    """One terminal or intermediate field with what it inherits."""

    name: str
    kind: str
    """`/Sig`, `/Tx`, `/Btn`, `/Ch` or empty."""

    object: pikepdf.Object
    holder: Key
    """The indirect object in which it stands, itself or the one around it."""


def text(value: object) -> str:
    """A PDF string, name or number as text of bounded length; what cannot be read is shown by its bytes."""
    try:
        found = str(value)
    except Exception:  # noqa: BLE001 - strings in encodings that do not hold
        found = bytes(value).decode("latin-1") if isinstance(value, pikepdf.String) else type(value).__name__
    return found[:MAX_NAME].encode("utf-8", "replace").decode("utf-8")


def form_of(pdf: pikepdf.Pdf) -> pikepdf.Dictionary | None:
    """The interactive form, where there is one."""
    form = pdf.Root.get("/AcroForm")
    return form if isinstance(form, pikepdf.Dictionary) else None


def fields_of(pdf: pikepdf.Pdf) -> Iterator[FieldNode]:
    """All nodes of the tree of fields, parents before their kids.

    Raises:
        TreeError: it loops, is too deep or has more than `MAX_NODES` nodes.
    """
    form = form_of(pdf)
    top = _top(form)
    if form is None or top is None:
        return
    holder = form.objgen if form.is_indirect else pdf.Root.objgen
    todo = [(kid, "", "", holder, 0) for kid in _backwards(top)]
    seen: set[Key] = set()
    for _ in range(MAX_NODES):
        if not todo:
            return
        node, kind, prefix, holder, depth = todo.pop()
        if not isinstance(node, pikepdf.Dictionary):
            continue
        if node.is_indirect:
            holder = node.objgen
            if holder in seen:
                raise TreeError("a field is met twice")
            seen.add(holder)
        if depth > MAX_DEPTH:
            raise TreeError(f"deeper than {MAX_DEPTH} levels")  # noqa: EM102 - a constant
        kind = text(node.get("/FT", kind))
        own = node.get("/T")
        name = prefix if own is None else text(own) if not prefix else f"{prefix}.{text(own)}"[:MAX_NAME]
        yield FieldNode(name, kind, node, holder)
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            todo += [(kid, kind, name, holder, depth + 1) for kid in _backwards(kids)]
    raise TreeError(f"more than {MAX_NODES} fields")  # noqa: EM102 - a constant


def _top(form: pikepdf.Dictionary | None) -> pikepdf.Array | None:
    if form is None:
        return None
    top = form.get("/Fields")
    if isinstance(top, pikepdf.Array):
        return top
    # What qpdf refuses to read, such as endless nesting, is not there for it.
    flags: object = form.get("/SigFlags")
    if top is not None or (isinstance(flags, int) and flags & 1):
        raise TreeError("the list of fields cannot be read")
    return None


def _backwards(array: pikepdf.Array) -> list[object]:
    return items(array, MAX_NODES + 1)[::-1]


def signed_fields(revisions: Revisions) -> Iterator[SignedField]:
    """The filled signature fields that the last revision shows, at most `MAX_FIELDS` and one that names the rest.

    Raises:
        TreeError: after what could be found: the tree of fields cannot be walked to its end.
    """
    pdf = revisions.pdf(len(revisions.sections))
    owners: dict[Key, str] = {}
    count = 0
    empty = False
    for node in fields_of(pdf):
        if node.kind != "/Sig" or (value := node.object.get("/V")) is None:
            empty = empty or node.kind == "/Sig"
            continue
        count += 1
        if count > MAX_FIELDS:
            yield broken(node.name, f"too-many: only {MAX_FIELDS} signature fields are judged")
            return
        key = value.objgen if isinstance(value, pikepdf.Dictionary) and value.is_indirect else None
        if key in owners:
            yield broken(node.name, f"dictionary: it is the value of the field {owners[key]!r} as well")
            continue
        found = _guarded(revisions, node, value)
        if key is not None and not found.problem.startswith(_LATER):
            owners[key] = node.name
            revisions.values.add(key)
        yield found
    # What qpdf cannot parse is null for it: a signature must not vanish with its dictionary.
    if empty and any(_HARMLESS not in str(warning) for warning in pdf.get_warnings()):
        raise TreeError("a signature field is empty in a file that has objects which cannot be read")


def broken(name: str, why: str) -> SignedField:
    """A field that is there and cannot be judged."""
    return SignedField(name, None, is_time_stamp=False, contents=b"", problem=why)


def _guarded(revisions: Revisions, node: FieldNode, value: object) -> SignedField:
    try:
        if not isinstance(value, pikepdf.Dictionary):
            return broken(node.name, "dictionary: the value of the field is no dictionary")
        return _field(revisions, node, value)
    except DamagedError as error:
        return broken(node.name, f"dictionary: {error}")
    except Exception as error:  # noqa: BLE001 - whatever hostile objects provoke
        return broken(node.name, f"dictionary: {type(error).__name__}")


def _field(revisions: Revisions, node: FieldNode, value: pikepdf.Dictionary) -> SignedField:
    sub_filter = value.get("/SubFilter")
    kind = text(sub_filter).lstrip("/") if isinstance(sub_filter, pikepdf.Name) else None
    contents = value.get("/Contents")
    stored = bytes(contents) if isinstance(contents, pikepdf.String) else b""
    span, problem = span_of(_numbers(value.get("/ByteRange")), revisions.data.size)
    if span is not None:
        stored, problem = _contents(revisions, value, node, stored, span)
    looks = looks_of(node.object)
    found = SignedField(
        node.name,
        kind,
        kind == _TIME_STAMP,
        stored[:MAX_CONTENTS],
        _certificates(value),
        range=None if problem else span,
        claimed=moment(value.get("/M")),
        docmdp=_docmdp(value),
        problem=problem,
    )
    placed = _placed(_locking(_looking(found, looks), value), revisions)
    if placed.revision is not None and not _was_there(revisions, placed.revision, node, value):
        return replace(placed, range=None, coverage="unclear", revision=None, problem=f"{_LATER} its value later")
    return placed


def _was_there(revisions: Revisions, number: int, node: FieldNode, value: pikepdf.Dictionary) -> bool:
    """Whether the field had this value in the revision that the signature closes: it was signed under its name."""
    if revisions.holds(node.holder) <= number:
        return True
    then: object = revisions.pdf(number).get_object(node.holder)
    if not node.object.is_indirect:
        return True
    if not isinstance(then, pikepdf.Dictionary) or text(then.get("/T", "")) != text(node.object.get("/T", "")):
        return False
    old: object = then.get_raw("/V")
    return isinstance(old, pikepdf.Object) and old.objgen == value.objgen


def _certificates(value: pikepdf.Dictionary) -> tuple[bytes, ...]:
    """`/Cert` of signatures that are no CMS: a string, or a list of them."""
    listed = value.get("/Cert")
    entries = items(listed, _MAX_CERTIFICATES) or [listed]
    return tuple(bytes(entry)[:MAX_CONTENTS] for entry in entries if isinstance(entry, pikepdf.String))


def _looking(found: SignedField, looks: Looks) -> SignedField:
    return replace(found, visible=looks.visible, has_image=looks.has_image)


def _numbers(value: object) -> tuple[int, ...]:
    return tuple(n if isinstance(n, int) and not isinstance(n, bool) else -1 for n in items(value, 8))


def _contents(
    revisions: Revisions, value: pikepdf.Dictionary, node: FieldNode, stored: bytes, span: ByteRange
) -> tuple[bytes, str]:
    data = revisions.data
    if revisions.pdf(len(revisions.sections)).is_encrypted:
        # ISO 32000-2, 7.6.2: /Contents is not encrypted, but qpdf knows that of dictionaries with /Type /Sig only.
        stored = in_gap(data, span) or stored
    problem = span_problem(data, span, stored)
    holder = value.objgen if value.is_indirect else node.holder
    if not problem and not _stands_around(revisions, holder, span):
        # Another dictionary that names the same bytes could drop what the signer said of allowed changes.
        problem = "byte-range: the signature dictionary does not stand around the gap that it names"
    return stored, problem


def _stands_around(revisions: Revisions, holder: Key, span: ByteRange) -> bool:
    kind, offset, _ = revisions.place(holder) or (0, 0, 0)
    start = offset + revisions.shift
    if kind != 1 or not start < span.first:
        return False
    number = re.match(
        rb"[\r\n\t\f \0]*(\d+)[\r\n\t\f \0]+(\d+)[\r\n\t\f \0]+obj\b", revisions.data.read(start, start + 64)
    )
    if number is None or (int(number.group(1)), int(number.group(2))) != holder:
        return False
    return revisions.data.data.find(b"endobj", start, span.first) < 0


def _placed(found: SignedField, revisions: Revisions) -> SignedField:
    if found.range is None:
        return found
    number = revisions.closed_by(found.range.end)
    if number is None:
        # What ends before the oldest or behind the last revision that could be opened is not known to be partial.
        older = not revisions.complete and found.range.end < revisions.sections[0].end
        younger = found.range.end > revisions.last.limit
        # Where the line end behind a mark should stand is something else: a matter of opinion.
        near = any(0 < found.range.end - section.end <= _LINE_END for section in revisions.sections)
        return replace(found, coverage="unclear" if older or younger or near else "partial")
    whole = found.range.end == revisions.data.size
    return replace(found, coverage="whole-file" if whole else "whole-revision", revision=number)


def _references(value: pikepdf.Dictionary) -> Iterator[tuple[str, pikepdf.Dictionary]]:
    for entry in items(value.get("/Reference"), _MAX_REFERENCES):
        if isinstance(entry, pikepdf.Dictionary):
            parameters = entry.get("/TransformParams")
            empty = pikepdf.Dictionary()
            yield (
                text(entry.get("/TransformMethod", "")),
                parameters if isinstance(parameters, pikepdf.Dictionary) else empty,
            )


def _docmdp(value: pikepdf.Dictionary) -> int | None:
    for method, parameters in _references(value):
        if method == "/DocMDP":
            permission: object = parameters.get("/P", 2)
            # A permission that nobody knows allows nothing.
            return permission if isinstance(permission, int) and permission in {1, 2, 3} else 1
    return None


def _locking(found: SignedField, value: pikepdf.Dictionary) -> SignedField:
    for method, parameters in _references(value):
        if method == "/FieldMDP":
            action = text(parameters.get("/Action", "/All")).lstrip("/").lower()
            names = items(parameters.get("/Fields"), _MAX_LOCKED)
            return replace(
                found,
                locks=action if action in {"include", "exclude"} else "all",
                locked=tuple(text(name) for name in names),
            )
    return found


def moment(value: object) -> str | None:
    """A PDF date as RFC 3339 with the offset that it names, `-00:00` where it names none; None: no date."""
    match = _DATE.match(text(value)) if isinstance(value, pikepdf.String) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = (
        match[name] for name in ("year", "month", "day", "hour", "minute", "second")
    )
    zone = match["zone"]
    if zone is None:
        offset = "-00:00"
    elif zone == "Z":
        offset = "+00:00"
    else:
        digits = zone[1:].replace("'", "").ljust(4, "0")
        offset = f"{zone[0]}{digits[:2]}:{digits[2:]}"
    found = f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}{offset}"
    try:
        datetime.fromisoformat(found)
    except ValueError:
        return None
    return found
