"""A process that adds packages for ever: `search_writer.py tantivy FOLDER`, `… elasticsearch SETTINGS` (JSON)."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from search.backends.elasticsearch import ElasticsearchIndex
from search.backends.tantivy import TantivyIndex
from search.ports import IndexedDocument, SearchIndex
from search.settings import ElasticsearchSettings


def _document(package: str, ordinal: int) -> IndexedDocument:
    return IndexedDocument(
        document_id=f"{package}/{ordinal}",
        package_id=package,
        ordinal=ordinal,
        agency="A",
        title=f"gói {package}",
        dossier_title="",
        doc_code="",
        file_code="",
        number="",
        type_name="",
        organ_name="",
        issued="",
        signer="",
        fonds="",
        retention="",
        language="",
        rights="",
        keywords="",
        fields={},
        pages=["văn bản " * 50, str(ordinal)],
    )


def main(index: SearchIndex) -> None:
    """Two documents a package; its number is printed after they are acknowledged."""
    for number in count():
        index.add([_document(f"w-{number}", ordinal) for ordinal in (1, 2)])
        print(number, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "elasticsearch":
        main(ElasticsearchIndex(ElasticsearchSettings.model_validate_json(sys.argv[2])))
    main(TantivyIndex(Path(sys.argv[2])))
