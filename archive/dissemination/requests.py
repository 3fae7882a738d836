"""The request for which a DIP is made (TT 05/2025, Annex V): its seven fields, judged before anything leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar

from metadata.dates import read_date
from metadata.errors import UsageError
from metadata.messages import every_text
from metadata.profiles import Field, FieldType
from metadata.profiles.copies import copy_rules
from metadata.profiles.packages import PackageKind, form

_LONGEST = 500
"""Letters of a value of the authentication file."""


class RequestRefusedError(UsageError):
    """What was told of the request does not fit the circular's form; every fault is named."""

    code: ClassVar[str] = "export.request"

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def request_values(told: Mapping[str, str], *, request_id: str, today: date) -> Mapping[str, str]:
    """The values of EAD.xml of a DIP by element, in the circular's order.

    Args:
        told: Values as written, by element (`requestID`) or key (`request_id`); code lists by code or word.
        request_id: Taken where `told` has none.
        today: The day of the request where `told` has none, in Vietnam.

    Raises:
        RequestRefusedError: a name is unknown, a value does not fit.
    """
    fields = {element.name: element.field for element in form(PackageKind.DIP, "EAD").elements}
    by_name = {_plain(name): element for element, field in fields.items() for name in (element, field.key)}
    values, problems = {"requestID": request_id, "requestDate": f"{today:%d/%m/%Y}"}, []
    for name, written in told.items():
        element = by_name.get(_plain(name))
        if element is None:
            problems.append(_said("unknown", name=name, known=", ".join(fields)))
        elif written.strip():
            values[element] = _value(fields[element], written.strip())
            problems += list(_problems(fields[element], written.strip(), values[element]))
    if problems:
        raise RequestRefusedError(tuple(problems))
    return {element: values[element] for element in fields if values.get(element)}


def authentication_values(told: Mapping[str, str]) -> Mapping[str, str]:
    """What the authentication file says and only the asker knows, by the key of its item.

    Raises:
        RequestRefusedError: a name is unknown, a value does not fit.
    """
    known = {_plain(item.key): item for item in copy_rules().items if item.told}
    values, problems = {}, []
    for name, written in told.items():
        item, value = known.get(_plain(name)), written.strip()
        if item is None:
            problems.append(_said("unknown", name=name, known=", ".join(entry.key for entry in known.values())))
        elif item.key == "valid_until" and value:
            day = read_date(value).date
            problems += [_said("day", name=item.key, written=value)] if day is None or day.partial else []
            values[item.key] = day.vietnamese() if day is not None else ""
        elif item.key == "copies" and value and not (value.isascii() and value.isdecimal() and int(value[:6]) > 0):
            problems.append(_said("count", name=item.key, written=value))
        elif len(value) > _LONGEST:
            problems.append(_said("long", name=item.key, length=_LONGEST, found=len(value)))
        elif value:
            values[item.key] = value
    if problems:
        raise RequestRefusedError(tuple(problems))
    return values


def request_id_of(told: Mapping[str, str]) -> str:
    """The request's identifier as it was told; empty where it was not."""
    return next((value for name, value in told.items() if _plain(name) == "requestid"), "")


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _value(field: Field, written: str) -> str:
    if field.vocabulary is not None:
        entry = field.vocabulary.entry(written, codes=True)
        return entry.code if entry else ""
    if field.type is FieldType.DATE:
        found = read_date(written).date
        return found.vietnamese() if found is not None and not found.partial else ""
    return written


def _problems(field: Field, written: str, value: str) -> Iterator[str]:
    if not value and field.vocabulary is not None:
        known = ", ".join(f"{entry.code} {entry.vi}" for entry in field.vocabulary.entries)
        yield _said("word", name=field.short, written=written, known=known)
    elif not value:
        yield _said("day", name=field.short, written=written)
    elif field.length is not None and len(value) > field.length:
        yield _said("long", name=field.short, length=field.length, found=len(value))


def _said(key: str, **values: object) -> str:
    return every_text(f"packages.request.{key}", **values)
