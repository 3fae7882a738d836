"""One revision of a PDF beside the one before it: what the comparisons share."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pikepdf

from archive.preservation.signatures.changes_names import Names
from archive.preservation.signatures.pdf_facts import Change
from archive.preservation.signatures.pdf_structure import Key, Place
from archive.preservation.signatures.pdf_structure_fields import FieldNode, TreeError, fields_of

MAX_TOLD = 50
"""Changes of one revision that are named; more are told as one."""

_REFERENCE = re.compile(rb"(?<![0-9])([0-9]{1,10}) ([0-9]{1,5}) R(?![A-Za-z0-9])")


def written(value: object) -> bytes:
    """A value as qpdf writes it, the same for the same value; references stay references."""
    if isinstance(value, pikepdf.Object):
        return value.unparse()
    return repr(value).encode()


def members(value: object) -> dict[str, bytes]:
    """The entries of a dictionary as they are written; of anything else none."""
    if not isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        return {}
    names = value.stream_dict if isinstance(value, pikepdf.Stream) else value
    return {key: written(names.get_raw(key)) for key in names.keys()}  # noqa: SIM118 - iterating yields pairs of views


def differing(old: object, new: object) -> list[str]:
    """Keys under which two dictionaries differ, in order."""
    before, after = members(old), members(new)
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def is_same(old: object, new: object) -> bool:
    """Whether an object was only written again."""
    if isinstance(old, pikepdf.Stream) and isinstance(new, pikepdf.Stream):
        return members(old) == members(new) and old.read_raw_bytes() == new.read_raw_bytes()
    if isinstance(old, pikepdf.Stream) or isinstance(new, pikepdf.Stream):
        return False
    if isinstance(old, pikepdf.Object) and isinstance(new, pikepdf.Object):
        return old.unparse(resolved=True) == new.unparse(resolved=True)
    return type(old) is type(new) and old == new


def key_of(value: object) -> Key | None:
    """Number and generation of an indirect object; None for a direct one."""
    return value.objgen if isinstance(value, pikepdf.Object) and value.is_indirect else None


class References:
    """Which objects the older revisions refer to, and from how many others.

    What they name without having it is not theirs to get. Nothing is ever taken out: an older mention that is
    gone only makes a change more likely to be told.

    Args:
        skipped: Signature dictionaries: they are long and refer to nothing that is shown.
    """

    def __init__(self, skipped: Collection[Key] = ()) -> None:
        self._owners: dict[Key, set[Key]] = {}
        self._skipped = skipped

    def add(self, pdf: pikepdf.Pdf, places: Mapping[Key, Place], end: int) -> list[Key]:
        """Note what objects of `pdf` refer to.

        Args:
            pdf: Where the objects are read.
            places: The objects and where they lie.
            end: Of the revision to which they belong.

        Returns:
            Objects that may run beyond `end`.
        """
        long: list[Key] = []
        for key, (kind, place, _) in places.items():
            if key in self._skipped:
                continue
            value: object = pdf.get_object(key)
            size: object = 0
            if isinstance(value, pikepdf.Stream):
                value = value.stream_dict
                size = value.get("/Length")
            if not isinstance(value, pikepdf.Dictionary | pikepdf.Array):
                size = end if isinstance(value, pikepdf.String) else 0
                text = b""
            else:
                text = value.unparse(resolved=True)
            if kind == 1 and place + len(text) + (size if isinstance(size, int) else end) > end:
                long.append(key)
            for number, generation in _REFERENCE.findall(text):
                self._owners.setdefault((int(number), int(generation)), set()).add(key)
        return long

    def __getitem__(self, key: Key) -> int:
        return len(self._owners.get(key, ()))


@dataclass(slots=True)
class Step:
    """A revision and the one before it."""

    number: int
    """Of the newer revision, from 1."""

    old: pikepdf.Pdf
    new: pikepdf.Pdf
    before: dict[Key, Place]
    after: dict[Key, Place]
    references: References
    sound: frozenset[str]
    """Names of fields whose signature can be judged."""

    found: list[Change] = field(default_factory=list)
    seen: set[Key] = field(default_factory=set)
    """New fields and widgets that have been looked at."""

    looks: dict[Key, FieldNode] | None = None
    """Fields of the older revision by the parts of their appearance; None: not asked for yet."""

    shown: dict[tuple[str, Key | None], float] = field(default_factory=dict)
    """Square points that new widgets of a signature field cover, by name of the field and page."""

    _fields: dict[Key, FieldNode] | None = None
    _signed: frozenset[str] = frozenset()
    _names: Names | None = None

    def tell(
        self,
        kind: str,
        what: str,
        allowed_from: int = 4,
        *,
        page: int | None = None,
        name: str = "",
        adds: bool = False,
    ) -> None:
        """Name one change."""
        change = Change(self.number, kind, what, allowed_from, page=page, field=name, adds=adds)
        if change in self.found:
            return
        if len(self.found) == MAX_TOLD:
            change = Change(self.number, "unknown", f"more than {MAX_TOLD} changes", 4)
        if len(self.found) <= MAX_TOLD:
            self.found.append(change)

    @property
    def names(self) -> Names:
        """Where objects of both revisions are seen."""
        if self._names is None:
            self._names = Names(self.old, self.new)
        return self._names

    def field(self, key: Key) -> FieldNode | None:
        """The form field that an object of the older revision is."""
        if self._fields is None:
            found: dict[Key, FieldNode] = {}
            signed: set[str] = set()
            try:
                for node in fields_of(self.old):
                    if node.object.is_indirect:
                        found[node.holder] = node
                    if node.kind == "/Sig" and node.object.get("/V") is not None:
                        signed.add(node.name)
            except TreeError as error:
                self.tell("unknown", f"the tree of fields cannot be walked: {error}")
            self._fields, self._signed = found, frozenset(signed)
        return self._fields.get(key)

    def fields(self) -> dict[Key, FieldNode]:
        """All indirect fields of the older revision."""
        self.field((0, 0))
        return self._fields or {}

    @property
    def signed(self) -> frozenset[str]:
        """Names of the fields of the older revision that have a signature."""
        self.fields()
        return self._signed

    def is_new(self, key: Key | None) -> bool:
        """Whether an object came with the newer revision."""
        return key is not None and key not in self.before
