"""How a document lies in Elasticsearch: mapping, the lines that are sent, what is read back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import orjson

from search.documents import FORMAT, Analysis, Stored, document_of, pages_of
from search.errors import SearchFaultError
from search.facets import FACETS
from search.planning import EXACT_FIELDS, PHRASE_FIELDS
from search.ports import IndexedDocument
from search.settings import ElasticsearchSettings

_MAX_TOKEN_CHARS = 8192
"""The analysis cuts words itself; the tokenizer's own limit would cut them a second time."""

_KEY: Final = {"type": "keyword", "doc_values": False}
_VALUE: Final = {"type": "keyword"}
_NUMBER: Final = {"type": "long"}
_SORTED_NUMBER: Final = {"type": "long", "index": False}
_SHOWN: Final = {"type": "keyword", "index": False, "doc_values": False}
"""Neither searched nor sorted by; kept in `_source`."""


def _words(**more: object) -> dict[str, object]:
    return {"type": "text", "analyzer": "blanks", **more}


def _rows(**more: object) -> dict[str, object]:
    # Whatever is greater than 0 keeps phrases inside one value; 1 is what the embedded index has.
    return _words(index_options="positions", position_increment_gap=1, **more)


def _properties() -> dict[str, object]:
    found: dict[str, object] = {"id": _VALUE, "sort_title": _VALUE, "pages": {"type": "binary", "store": True}}
    found |= dict.fromkeys(("record", "revision"), _SHOWN)
    found |= dict.fromkeys(("package", "access", "key", *(f"x_{name}" for name in EXACT_FIELDS)), _KEY)
    found |= {f"g_{name}": _VALUE for name in FACETS}
    found |= {name: _rows() for name in ("canon", "fold", "title_canon", "title")}
    found |= {f"w_{name}": _rows(norms=False) for name in PHRASE_FIELDS}
    found |= {name: _words(index_options="docs", norms=False) for name in ("number", "designation")}
    found |= dict.fromkeys(("issued_first", "issued_last", "date_up", "date_down", "sort_number"), _NUMBER)
    return found | {"tie": _SORTED_NUMBER}


def mappings() -> dict[str, Any]:
    """The fields, none besides them. A change needs the next `FORMAT`."""
    return {
        "dynamic": "strict",
        "_meta": {"format": FORMAT},
        # The pages are a stored field of their own: who lists titles does not read them.
        "_source": {"includes": ["record", "revision"]},
        "properties": _properties(),
    }


def index_settings(settings: ElasticsearchSettings) -> dict[str, Any]:
    """Of an index of documents."""
    return {
        "number_of_shards": settings.shards,
        "number_of_replicas": settings.replicas,
        # Writers refresh when they are done: nothing is seen half, and nothing that was acknowledged is not seen.
        "refresh_interval": "-1",
        "analysis": {
            "tokenizer": {"blanks": {"type": "whitespace", "max_token_length": _MAX_TOKEN_CHARS}},
            "analyzer": {"blanks": {"type": "custom", "tokenizer": "blanks"}},
        },
    }


def line(analysis: Analysis, kept: Stored) -> bytes:
    """One document as it is sent."""
    issued = {"issued_first": analysis.issued.first, "issued_last": analysis.issued.last} if analysis.issued else {}
    return orjson.dumps(
        {
            "id": analysis.document_id,
            "package": analysis.package_id,
            "revision": kept.revision,
            "access": analysis.access,
            "key": analysis.keys,
            "canon": analysis.canons,
            "fold": analysis.folds,
            "title_canon": analysis.title[0],
            "title": analysis.title[1],
            "number": analysis.number,
            "designation": analysis.designation,
            "sort_title": analysis.sort_title,
            "sort_number": analysis.sort_number,
            "date_up": analysis.date_up,
            "date_down": analysis.date_down,
            "tie": analysis.tie,
            "record": kept.record.decode(),
            "pages": base64.b64encode(kept.pages).decode(),
            **issued,
            **{f"x_{name}": values for name, values in analysis.exact.items()},
            **{f"w_{name}": values for name, values in analysis.phrases.items()},
            **{f"g_{name}": value for name, value in analysis.facets.items()},
        }
    )


def read(hit: Mapping[str, Any]) -> IndexedDocument:
    """The document as it was given, with its pages when these were asked for.

    Raises:
        SearchFaultError: the answer is none of a document of ours.
    """
    try:
        record = hit["_source"]["record"]
        pages = [base64.b64decode(value, validate=True) for value in hit.get("fields", {}).get("pages", [])]
        return document_of(record.encode(), pages_of(pages[0]) if pages else ())
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        msg = f"the index is damaged at {hit.get('_id')!r}; run: luutru index rebuild"
        raise SearchFaultError(msg) from error
