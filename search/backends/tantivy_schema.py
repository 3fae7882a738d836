"""How a document lies in a Tantivy index: fields, writing, reading, and what goes wrong there."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import tantivy

from metadata.errors import ArchiveError
from search.backends.batches import chars_of
from search.documents import analyse, document_of, pages_of, stored
from search.errors import SearchFaultError
from search.facets import FACETS
from search.planning import EXACT_FIELDS, PHRASE_FIELDS
from search.ports import IndexedDocument


def sortable(text: str) -> str:
    """`text` in letters and digits that stand in the same order: the engine's bounds of text can be nothing else."""
    return base64.b32hexencode(text.encode()).decode().rstrip("=").lower()


@contextmanager
def engine(doing: str) -> Iterator[None]:
    """Whatever the engine throws, its panics too, is a fault of the index."""
    try:
        yield
    except ArchiveError:
        raise
    except Exception as error:
        msg = f"the search index failed while {doing}: {error}"
        raise SearchFaultError(msg) from error
    except BaseException as error:
        # The binding's PanicException is no Exception and its class is not exported.
        if type(error).__name__ != "PanicException":
            raise
        msg = f"the search index broke while {doing}: {error}; run: luutru index rebuild"
        raise SearchFaultError(msg) from error


class Row(NamedTuple):
    """A document as the index is given it."""

    values: dict[str, Any]
    """By field."""

    chars: int
    """How much text it had."""

    @property
    def revision(self) -> str:
        """See `Stored.revision`."""
        return str(self.values["revision"])


def schema() -> tantivy.Schema:
    """The fields. A change needs the next `FORMAT`."""
    builder = tantivy.SchemaBuilder()
    # The identifiers are text: deleting by a term of an unsigned field silently deletes nothing.
    for name in ("id", "package", "revision", "access", "key", *(f"x_{name}" for name in EXACT_FIELDS)):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("canon", "fold", "title_canon", "title", *(f"w_{name}" for name in PHRASE_FIELDS)):
        builder.add_text_field(name, tokenizer_name="blanks", index_option="position")
    for name in ("number", "designation"):
        builder.add_text_field(name, tokenizer_name="blanks", index_option="freq")
    for name in ("issued_first", "issued_last"):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in ("date_up", "date_down", "sort_number", "tie"):
        builder.add_integer_field(name, fast=True)
    for name in ("sort_title", "order_id", *(f"g_{name}" for name in FACETS)):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ("record", "pages"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def opened(folder: Path, fields: tantivy.Schema, *, new: bool = False) -> tantivy.Index:
    """The index in `folder`; only `new` makes one, so that a lost index is never taken for an empty one.

    Raises:
        ValueError: there is none, or it has other fields.
    """
    if not new and not tantivy.Index.exists(str(folder)):
        msg = f"there is no index in {folder}"
        raise ValueError(msg)
    index = tantivy.Index(fields, str(folder), reuse=True)
    index.register_tokenizer("blanks", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    # The default starts a thread that watches the folder; readers look themselves, and exactly.
    index.config_reader("manual")
    return index


@contextmanager
def writing_to(index: tantivy.Index, heap_bytes: int) -> Iterator[tantivy.IndexWriter]:
    """A writer whose work is committed, durably, at the end, or not at all; merges that it began are done then."""
    with engine("opening for writing"):
        writer = index.writer(heap_bytes, 1)
    try:
        yield writer
        with engine("committing"):
            writer.commit()
    except BaseException:
        with suppress(Exception):
            writer.rollback()
        raise
    finally:
        # Frees the engine's lock too, also when an error still holds a reference to the writer.
        with suppress(ValueError):
            writer.wait_merging_threads()
    index.reload()


def row_of(document: IndexedDocument) -> Row:
    """What the index is given of `document`: made anywhere, for it can be pickled."""
    analysis, kept = analyse(document), stored(document)
    row: dict[str, Any] = {
        "id": analysis.document_id,
        "package": analysis.package_id,
        "revision": kept.revision,
        "title_canon": analysis.title[0],
        "title": analysis.title[1],
        "number": analysis.number,
        "designation": analysis.designation,
        "sort_title": sortable(analysis.sort_title),
        "order_id": sortable(analysis.document_id),
    }
    row |= {f"g_{name}": value for name, value in analysis.facets.items()}
    row |= {
        "access": [*analysis.access],
        "key": [*analysis.keys],
        "canon": [*analysis.canons],
        "fold": [*analysis.folds],
    }
    row |= {f"x_{field}": [*values] for field, values in analysis.exact.items()}
    row |= {f"w_{field}": [*values] for field, values in analysis.phrases.items()}
    if analysis.issued is not None:
        row |= {"issued_first": analysis.issued.first, "issued_last": analysis.issued.last}
    row |= {name: getattr(analysis, name) for name in ("date_up", "date_down", "sort_number", "tie")}
    return Row(row | {"record": kept.record, "pages": kept.pages}, chars_of(document))


def put(writer: tantivy.IndexWriter, fields: tantivy.Schema, row: Row) -> None:
    """Add or replace one document."""
    writer.delete_documents_by_term("id", row.values["id"])
    writer.add_document(tantivy.Document.from_dict(row.values, fields))


def read(searcher: tantivy.Searcher, address: tantivy.DocAddress, *, pages: bool = True) -> IndexedDocument:
    """The document as it was given, pages and all, or without them."""
    kept = searcher.doc(address)
    return document_of(kept["record"][0], pages_of(kept["pages"][0]) if pages else ())


def total(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    """How many documents answer, exactly."""
    # Scores that nobody reads are not worked out below a constant.
    return count_of(searcher.search(tantivy.Query.const_score_query(query, 0.0), 1))


def count_of(result: tantivy.SearchResult) -> int:
    """The exact total of a result."""
    return int(result.count)  # type: ignore[attr-defined]  # the stub of 0.27 forgets it
