"""Documents that replace, update or take back earlier ones: both are kept, the later one is shown first.

Source: Nghị định 30/2020/NĐ-CP, Phụ lục VI (thu hồi: keep the data of the recall); QCVN 102:2016, BussinessDocType 1-3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from metadata.codes import document_number, nfc
from metadata.descriptions import DocumentDescription, DocumentRelation, RelationKind

_FIELDS = {
    "replaces": RelationKind.REPLACES,
    "updates": RelationKind.UPDATES,
    "recalls": RelationKind.RECALLS,
}
_NAMES = ("doc_code", "doc_id")
_NO = frozenset({"", "không", "khong", "no", "0", "false"})


@dataclass(frozen=True, slots=True)
class Standing:
    """What other documents do to one, and it to them; by ordinal."""

    replaces: tuple[int, ...] = ()
    replaced_by: tuple[int, ...] = ()
    """Replaced or updated by."""

    recalled_by: tuple[int, ...] = ()
    recalled: bool = False
    """Taken back, whether or not the document that says so is here."""

    unknown: tuple[DocumentRelation, ...] = ()
    """Relations to documents that are not among these."""

    @property
    def current(self) -> bool:
        """Whether nothing later stands in its place."""
        return not (self.replaced_by or self.recalled)


def relations_of(document: DocumentDescription) -> tuple[DocumentRelation, ...]:
    """What the document says that it does to earlier ones: told by the reader, or written in its row."""
    if not document.relations and not _FIELDS.keys() & document.fields.keys():
        return ()
    written = [
        DocumentRelation(kind=kind, target=target.strip())
        for key, kind in _FIELDS.items()
        for target in document.value(key).split(";")
        if target.strip()
    ]
    return tuple(dict.fromkeys((*document.relations, *written)))


def standings(documents: Sequence[DocumentDescription]) -> Mapping[int, Standing]:
    """How the documents of one dossier stand to each other, by ordinal."""
    places = {name: document.ordinal for document in reversed(documents) for name in _names(document)}
    replaces: defaultdict[int, list[int]] = defaultdict(list)
    replaced_by: defaultdict[int, list[int]] = defaultdict(list)
    recalled_by: defaultdict[int, list[int]] = defaultdict(list)
    for later, kind, earlier in _edges(documents, places):
        if kind is RelationKind.RECALLS:
            recalled_by[earlier].append(later)
        else:
            replaces[later].append(earlier)
            replaced_by[earlier].append(later)
    return {
        (own := document.ordinal): Standing(
            replaces=tuple(replaces[own]),
            replaced_by=tuple(replaced_by[own]),
            recalled_by=tuple(recalled_by[own]),
            recalled=bool(recalled_by[own]) or document.value("recalled").casefold() not in _NO,
            unknown=tuple(r for r in relations_of(document) if _plain(r.target) not in places),
        )
        for document in documents
    }


def in_order_of_validity(documents: Sequence[DocumentDescription]) -> tuple[DocumentDescription, ...]:
    """`documents` in their order, but every one that replaces, updates or recalls another directly before it.

    Nothing is left out and nothing doubled, whatever the relations say of each other (circles among them).
    """
    # Of an ordinal that stands twice the last document has the place.
    own = {document.ordinal: position for position, document in enumerate(documents)}
    standing = standings(documents)
    placed: dict[int, None] = {}
    for document in documents:
        placed |= dict.fromkeys(_later_first(document.ordinal, standing, placed))
    doubled = [document for position, document in enumerate(documents) if own[document.ordinal] != position]
    return (*(documents[own[ordinal]] for ordinal in placed), *doubled)


def _later_first(ordinal: int, standing: Mapping[int, Standing], placed: Container[int]) -> Iterator[int]:
    """`ordinal` behind all that stand in its place, the latest of them first; without those that have their place."""
    chain: dict[int, None] = {}
    waiting = [ordinal]
    while waiting:
        own = waiting.pop()
        if own not in chain and own not in placed:
            chain[own] = None
            waiting += [*standing[own].recalled_by, *standing[own].replaced_by]
    return reversed(chain)


def _names(document: DocumentDescription) -> Iterator[str]:
    for text in (*(document.value(key) for key in _NAMES), document_number(document)):
        if plain := _plain(text):
            yield plain
    yield f"#{document.ordinal}"


def _edges(
    documents: Sequence[DocumentDescription], places: Mapping[str, int]
) -> Iterator[tuple[int, RelationKind, int]]:
    """Later document, what it does, earlier document; each once, none to itself."""
    seen: set[tuple[int, RelationKind, int]] = set()
    for document in documents:
        told = [
            (document.ordinal, relation.kind, places[_plain(relation.target)])
            for relation in relations_of(document)
            if _plain(relation.target) in places
        ]
        later = places.get(_plain(document.value("replaced_by")))
        if later is not None:
            told.append((later, RelationKind.REPLACES, document.ordinal))
        for edge in told:
            if edge[0] != edge[2] and edge not in seen:
                seen.add(edge)
                yield edge


def _plain(text: str) -> str:
    return nfc(text).casefold()
