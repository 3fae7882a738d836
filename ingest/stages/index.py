"""Stage `index`: a stored dossier becomes searchable. Archived comes before searchable: a down index only delays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ingest.facts import Adds, Fact, Indexed, Stored
from ingest.work import WorkItem
from metadata.codes import document_number, document_title
from metadata.package import PackageDocument, PackageRecord
from metadata.physical import store_place
from metadata.texts import PageText
from metadata.verdicts import Indication
from search.errors import SearchFaultError
from search.ports import IndexedDocument, SearchIndex

_OWN_FIELDS = frozenset(
    {
        "doc_code", "subject", "image_title", "movie_title", "code_number", "code_notation", "type_name", "organ_name",
        "issued_date", "signer", "language", "keyword", "mode", "ordinal", "path", "file_code",
    }
)  # fmt: skip
"""Fields that have a place of their own in the index."""

_GRAVEST_FIRST = (Indication.TOTAL_FAILED, Indication.INDETERMINATE, Indication.TOTAL_PASSED)


class Shelf(Protocol):
    """What the stage needs of catalogue and storage."""

    def documents_to_index(self, dossier_id: str) -> Iterator[IndexedDocument]:
        """Documents of a stored dossier."""
        ...

    def waits_because(self, dossier_id: str) -> str:
        """Why the dossier waits for the index; empty: it does not."""
        ...

    def indexed(self, dossier_id: str, why: str) -> None:
        """Take the dossier off the queue of what waits for the index, unless it waits for another reason by now."""
        ...


@dataclass(frozen=True, slots=True)
class Index:
    """Enters the documents of a stored dossier into the index."""

    name: ClassVar[str] = "index"
    needs: ClassVar[tuple[type[Fact], ...]] = (Stored,)
    gives: ClassVar[type[Fact]] = Indexed

    index: SearchIndex
    shelf: Shelf

    def run(self, item: WorkItem) -> Indexed:
        """See `Stage.run`."""
        adds = item.facts.get(Adds)
        dossier_id = adds.dossier_id if isinstance(adds, Adds) else item.fact(Stored).parts[0].package_id
        why = self.shelf.waits_because(dossier_id)
        try:
            count = self.index.add(self.shelf.documents_to_index(dossier_id))
        except SearchFaultError:
            # The dossier is archived and stays on the queue; the next run of any process catches up.
            return Indexed(documents=0, pending=True)
        self.shelf.indexed(dossier_id, why)
        return Indexed(documents=count, pending=False)


def indexed_documents(
    record: PackageRecord, pages_of: Callable[[PackageDocument], Iterable[PageText]]
) -> Iterator[IndexedDocument]:
    """The documents of a package as the index wants them, one at a time.

    Args:
        record: What the package says of itself.
        pages_of: Text of a document's pages.
    """
    dossier = record.dossier
    place = store_place(dossier).key
    for document in record.documents:
        description = document.description
        confidences = [text.mean_confidence for text in document.texts if text.mean_confidence is not None]
        yield IndexedDocument(
            document_id=f"{record.dossier_id}/{description.ordinal}",
            package_id=record.dossier_id,
            ordinal=description.ordinal,
            agency=record.agency,
            title=document_title(description),
            dossier_title=dossier.value("title"),
            doc_code=description.value("doc_code"),
            file_code=record.file_code,
            number=document_number(description),
            type_name=description.value("type_name"),
            organ_name=description.value("organ_name"),
            issued=description.value("issued_date"),
            signer=description.value("signer") or _signers(document),
            fonds=dossier.value("fonds_name") or dossier.value("fonds_code"),
            retention=dossier.value("maintenance"),
            language=description.value("language") or dossier.value("language"),
            rights=description.value("mode") or dossier.value("rights"),
            keywords=" ".join(filter(None, (description.value("keyword"), dossier.value("keyword")))),
            fields=_other_fields(record, document),
            place=place,
            pages=[page.text for page in pages_of(document)],
            confidence=sum(confidences) / len(confidences) if confidences else None,
            verdict=_gravest(document),
        )


def _other_fields(record: PackageRecord, document: PackageDocument) -> dict[str, str]:
    own = {key: value for key, value in document.description.values().items() if key not in _OWN_FIELDS}
    dossier = {f"dossier_{key}": value for key, value in record.dossier.values().items()}
    names = {"files": " ".join(file.original_name for file in document.originals)}
    return {**dossier, **record.dossier.extra, **own, **document.description.extra, **names}


def _signers(document: PackageDocument) -> str:
    names = [verdict.signer for entry in document.verdicts for verdict in entry.verdicts if verdict.signer]
    return ", ".join(dict.fromkeys(names))


def _gravest(document: PackageDocument) -> str:
    met = {verdict.indication for entry in document.verdicts for verdict in entry.verdicts}
    return next((indication.value for indication in _GRAVEST_FIRST if indication in met), "")
