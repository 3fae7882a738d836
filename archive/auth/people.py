"""People, their roles and how far they may read.

Source: QCVN 12:2026 (levels of access to documents, rights by role); Law on Archives 2024 (classes of use).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Literal

EVERYWHERE = "*"
"""In the place of an agency's code: the whole archive, agencies that come later included."""


@unique
class Role(StrEnum):
    """What a person does in the archive of an agency and of those below it."""

    ARCHIVIST = "archivist"
    """Hands in, corrects, describes."""

    READER = "reader"
    AUDITOR = "auditor"
    """Reads all evidence, verdicts and the trail; changes nothing."""

    HEAD = "head"
    """Head of archive: approves and returns."""

    ADMINISTRATOR = "administrator"
    """Manages people, agencies and labels; reads no content."""


@unique
class Label(StrEnum):
    """How open something is, from open to closed. What is labelled on several levels has the strictest of them."""

    PUBLIC = "public"
    """Công khai."""

    INTERNAL = "internal"
    """Nội bộ."""

    RESTRICTED = "restricted"
    """Hạn chế truy cập."""

    CONFIDENTIAL = "confidential"
    """Bí mật of QCVN 12: sensitive content. Not the grade Mật of state secrets, which never enters."""

    @property
    def rank(self) -> int:
        """0 (open) to 3."""
        return _RANKS[self]


_RANKS = {label: rank for rank, label in enumerate(Label)}

Via = Literal["session", "token", "command-line"]

READS_UP_TO: Mapping[Role, Label] = MappingProxyType(
    {
        Role.ARCHIVIST: Label.RESTRICTED,
        Role.READER: Label.INTERNAL,
        Role.AUDITOR: Label.CONFIDENTIAL,
        Role.HEAD: Label.CONFIDENTIAL,
        Role.ADMINISTRATOR: Label.INTERNAL,
    }
)
"""What a grant that names no label gives."""

READS_AT_MOST: Mapping[Role, Label] = MappingProxyType({Role.ADMINISTRATOR: Label.INTERNAL})
"""What no grant of the role can exceed."""


def strictest(*labels: Label | None) -> Label | None:
    """The most closed of `labels`; None when none is told."""
    told = [label for label in labels if label is not None]
    return max(told, key=lambda label: label.rank) if told else None


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over an agency and everything below it."""

    role: Role
    agency: str
    """Code, or `EVERYWHERE`."""

    up_to: Label
    """Most closed label that may be read by it."""

    @property
    def reads_up_to(self) -> Label:
        """`up_to`, within what the role can have at all."""
        return min(self.up_to, READS_AT_MOST.get(self.role, Label.CONFIDENTIAL), key=lambda label: label.rank)


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks."""

    id: str
    """UUID of the account; for the command line the name of the operating system's account."""

    login: str
    """As the trail names people."""

    name: str
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[str] | None = None
    """None: all that the grants give; else what an API token was narrowed to (`archive.auth.policy.SCOPES`)."""

    via: Via = "session"

    @property
    def roles(self) -> frozenset[Role]:
        """Roles held anywhere."""
        return frozenset(grant.role for grant in self.grants)


def common(now: Iterable[Grant], then: Iterable[Grant], lies_in: Callable[[str, str], bool]) -> tuple[Grant, ...]:
    """What both hold: the lower place of the tree, the more open label.

    Args:
        now: Grants.
        then: Others.
        lies_in: Whether the first agency is the second one or stands below it.
    """
    found: dict[Grant, None] = {}
    for one in now:
        for other in then:
            if one.role is not other.role:
                continue
            inner, outer = (one, other) if lies_in(one.agency, other.agency) else (other, one)
            if lies_in(inner.agency, outer.agency):
                up_to = min(one.up_to, other.up_to, key=lambda label: label.rank)
                found[Grant(one.role, inner.agency, up_to)] = None
    return tuple(found)


def LOCAL_OPERATOR(login: str) -> Person:  # noqa: N802 - reads as the constant that it is but for the name
    """Who runs the command line on the machine: has the files, so may do everything there, recorded by account name."""
    return Person(id=login, login=login, name=login, via="command-line")
