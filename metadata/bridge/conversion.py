"""From the descriptions of one circular to those of another: nothing is cut, bent or forgotten in silence.

A pure function of the description. What was written, with row and column,
stays beside every new value; what it had to say of values are `Note`s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from metadata.bridge import BRIDGES, Bridge, BridgeRule, How, bridge
from metadata.bridge.kept import field_of
from metadata.bridge.notes import Cause, Note
from metadata.bridge.values import Outcome, converted_value, wanted_values
from metadata.codes import has_part, nfc
from metadata.descriptions import Cell, Description, DocumentDescription, DossierDescription
from metadata.profiles import RECORD_SECTIONS, Field, FieldType, Section, profile
from metadata.profiles.conditions import conditions
from metadata.profiles.vocabularies import vocabularies

_UNKNOWN = BridgeRule("BRG-000", How.RECORD, "", "")
"""For a field that no table has: it stays in the metadata as received."""

IN_FORCE = "05-2025"
"""The circular in force."""

REMARKS = "description"
"""The field that takes what has no field of its own."""

JOINED = "; "
_PLACES = frozenset({"path", "ordinal"})
_HINTED = {Section.DOSSIER: "confidence_level", Section.DOCUMENT: "type_name"}
"""Fields that nobody asks for, and of which something else may tell the value: suggested, never filled in."""


@dataclass(frozen=True, slots=True)
class Converted:
    """A dossier as the other circular describes it."""

    dossier: DossierDescription
    notes: tuple[Note, ...]
    """Losses and doubts, in the order of dossier, documents and fields."""


def convert(dossier: DossierDescription, *, source: str, target: str) -> Converted:
    """`dossier` in the terms of the profile `target`.

    Documents, their order, numbers and files are the same; so are columns that no profile knows.

    Raises:
        UnknownBridgeError: no bridge leads from `source` to `target`.
    """
    if source == target:
        return Converted(dossier, ())
    found = bridge(source, target)
    head, told = _head(dossier, found)
    notes = [*told]
    documents = []
    for document in dossier.documents:
        one = _Conversion(found, RECORD_SECTIONS[document.kind], document, head).run()
        documents.append(document.model_copy(update={"fields": one.fields}))
        notes += one.notes
    return Converted(head.model_copy(update={"documents": tuple(documents)}), tuple(notes))


def _head(dossier: DossierDescription, found: Bridge) -> tuple[DossierDescription, list[Note]]:
    """The dossier's own fields converted; its documents as they were."""
    section = Section.LOT if dossier.value("origin") and found.source == "05-2025" else Section.DOSSIER
    own = _Conversion(found, section, dossier, dossier).run()
    return dossier.model_copy(update={"fields": own.fields}), own.notes


def is_bridged(profile_id: str) -> bool:
    """Whether what was delivered by `profile_id` is converted to the circular in force."""
    return (profile_id, IN_FORCE) in BRIDGES


def in_force(dossier: DossierDescription, profile_id: str) -> Converted:
    """`dossier` in the terms of TT 05/2025, whatever it was delivered by: what EAD documents are written from."""
    return convert(dossier, source=profile_id if is_bridged(profile_id) else IN_FORCE, target=IN_FORCE)


def notes_in_force(
    dossier: DossierDescription, documents: Iterable[DocumentDescription], profile_id: str
) -> Iterator[Note]:
    """What `in_force` says of `dossier` with `documents`, one document after the other: there may be very many."""
    if not is_bridged(profile_id):
        return
    found = bridge(profile_id, IN_FORCE)
    head, told = _head(dossier, found)
    yield from told
    for document in documents:
        yield from _Conversion(found, RECORD_SECTIONS[document.kind], document, head).run().notes


@dataclass(slots=True)
class _Conversion:
    """One description on its way; `dossier` is the converted one for its documents."""

    bridge: Bridge
    section: Section
    description: Description
    dossier: DossierDescription
    fields: dict[str, Cell] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    before: list[tuple[str, Note]] = field(default_factory=list)
    """What goes before the remarks."""

    behind: list[tuple[str, Note]] = field(default_factory=list)
    """What goes behind the remarks, with what is said of it if there is room."""

    def run(self) -> _Conversion:
        for key, cell in self.description.fields.items():
            if cell.value or cell.written:
                self._field(self._rule(key), key, cell)
        for rule in self.bridge.rules(self.section):
            if not rule.source:
                self._new(rule)
        self._remarks()
        return self

    # ------------------------------------------------------------ tables

    def _rule(self, key: str) -> BridgeRule:
        own = self.bridge.rule(self.section, key)
        # Rows of pictures and recordings carry columns of the documents' table.
        return own or self.bridge.rule(Section.DOCUMENT, key) or replace(_UNKNOWN, source=key)

    def _source(self, key: str) -> Field | None:
        return field_of(self.bridge.source, self.section, key)

    def _target(self, key: str) -> Field | None:
        return profile(self.bridge.target).field(self.section, key)

    def note(self, rule: BridgeRule, cause: Cause, cell: Cell | None, outcome: Outcome | None = None) -> Note:
        """What has to be said of a field."""
        document = self.description if isinstance(self.description, DocumentDescription) else None
        code = self.dossier.file_code
        key = rule.source or rule.target
        return Note(
            rule=rule.id,
            cause=cause,
            subject=f"{code}.{document.ordinal}" if document else code,
            ordinal=document.ordinal if document else None,
            row=cell.row if cell and cell.row else self.description.row,
            section=self.section,
            field=self._source(key) if rule.source else self._target(key),
            key=key,
            written=(cell.written or cell.value) if cell else "",
            value=outcome.value if outcome else "",
            suggestions=outcome.suggestions if outcome else (),
        )

    # ------------------------------------------------------------ single fields

    def _field(self, rule: BridgeRule, key: str, cell: Cell) -> None:
        target = self._target(rule.target)
        if rule.how is How.GRADE:
            self._graded(rule, cell)
        elif rule.how in {How.PARENT, How.SPLIT}:
            self._told_elsewhere(rule, key, cell)
        elif rule.how is How.RECORD:
            self.notes.append(self.note(rule, Cause.RECORD_ONLY, cell))
        elif rule.how is How.PART:
            if not _contains(self.dossier.file_code, cell.value):
                self._keep(rule, cell, self.note(rule, Cause.MOVED, cell))
        elif rule.how is How.FIRST:
            self.before.append((self._labelled(rule, cell), self.note(rule, Cause.MOVED, cell)))
        elif target is None or rule.how is How.APPEND:
            self._keep(rule, cell, self.note(rule, Cause.MOVED, cell))
        else:
            self._valued(rule, target, cell)

    def _graded(self, rule: BridgeRule, cell: Cell) -> None:
        """No grade at all says nothing; a mark that is no grade of secrecy (`Tài liệu thu hồi`) is kept."""
        entry = vocabularies()["secrecy"].entry(cell.value or cell.written, codes=False)
        if entry is None or entry.code != "0":
            self._keep(rule, cell, self.note(rule, Cause.MOVED, cell))

    def _told_elsewhere(self, rule: BridgeRule, key: str, cell: Cell) -> None:
        """What the dossier says too is no loss; what contradicts it is."""
        if rule.how is not How.PARENT or key in _PLACES or not isinstance(self.description, DocumentDescription):
            return
        parent = self.dossier.file_code if key == "file_code" else self.dossier.value(key)
        if cell.value and cell.value != parent and not _contains(self.dossier.file_code, cell.value):
            self.notes.append(self.note(rule, Cause.RECORD_ONLY, cell))

    def _valued(self, rule: BridgeRule, target: Field, cell: Cell) -> None:
        outcome = converted_value(rule.how, target, cell)
        if outcome.value:
            self.fields[target.key] = cell.model_copy(update={"value": outcome.value})
        if outcome.cause is None:
            pass
        elif outcome.keep:
            self._keep(rule, cell, self.note(rule, outcome.cause, cell, outcome))
        else:
            self.notes.append(self.note(rule, outcome.cause, cell, outcome))
        too_long = target.length and target.vocabulary is None and target.type is FieldType.STRING
        if too_long and target.length and len(outcome.value) > target.length:
            self.notes.append(self.note(rule, Cause.TOO_LONG, cell, outcome))

    # ------------------------------------------------------------ new fields

    def _new(self, rule: BridgeRule) -> None:
        target = self._target(rule.target)
        if target is None or ((present := self.fields.get(rule.target)) and present.value):
            return
        if rule.how is How.MADE and isinstance(self.description, DocumentDescription):
            code = f"{self.dossier.file_code}.{self.description.ordinal:07d}"
            self.fields[rule.target] = Cell(value=code)
        elif rule.how is How.INHERIT and (parent := self.dossier.value(rule.target)):
            self.fields[rule.target] = Cell(value=parent)
        elif rule.how is How.WANTED:
            self._ask(rule)

    def _suggested(self, key: str) -> tuple[str, ...]:
        return wanted_values(key, self.description, self.dossier)

    def _ask(self, rule: BridgeRule) -> None:
        suggestions = self._suggested(rule.target)
        self.notes.append(self.note(rule, Cause.WANTED, None, Outcome(suggestions=suggestions)))

    def _wanted_by_condition(self) -> None:
        """Fields that have a rule of their own, that the new circular asks for here, and that nothing fills."""
        view = self.description.model_copy(update={"fields": self.fields})
        for rule in self.bridge.rules(self.section):
            target = self._target(rule.target)
            if target is None or view.value(target.key) or rule.how is How.WANTED:
                continue
            condition = conditions().get(target.required)
            asked = condition is not None and condition.holds(view, self.dossier)
            hinted = _HINTED.get(self.section) == target.key and self._suggested(target.key)
            if asked or hinted:
                self._ask(BridgeRule(rule.id, How.WANTED, "", target.key))

    # ------------------------------------------------------------ remarks

    def _labelled(self, rule: BridgeRule, cell: Cell) -> str:
        source = self._source(rule.source)
        return f"{source.vi if source else rule.source}: {nfc(cell.written or cell.value)}"

    def _keep(self, rule: BridgeRule, cell: Cell, note: Note) -> None:
        self.behind.append((self._labelled(rule, cell), note))

    def _remarks(self) -> None:
        """The remarks with all that has no field of its own, as far as they have room; the rest is said."""
        self._wanted_by_condition()
        target = self._target(REMARKS)
        own = self.fields.get(REMARKS) or Cell(value="")
        parts = [own.value] if own.value else []
        for ahead, kept in ((True, self.before), (False, self.behind)):
            for text, note in kept:
                longer = [text, *parts] if ahead else [*parts, text]
                if target is not None and (target.length is None or len(JOINED.join(longer)) <= target.length):
                    parts = longer
                    self.notes.append(note)
                else:
                    self.notes.append(replace(note, cause=Cause.RECORD_ONLY))
        if target is not None and (joined := JOINED.join(parts)) and joined != own.value:
            self.fields[REMARKS] = own.model_copy(update={"value": joined})


def _contains(code: str, part: str) -> bool:
    """Whether the dotted `code` has the dotted `part` in it, segment by segment."""
    return has_part(nfc(code).casefold().split("."), nfc(part).casefold().split("."))
