"""The authentication file of a DIP: eleven items, digests of originals and copies, verdicts, evidence.

Source: TT 05/2025/TT-BNV, Phụ lục V (`metadata/profiles/copies.toml` tells what of it is certain). It bears no
signature of the archive, which has no key of its own: the audit trail keeps its digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archive.dissemination.copies import UseCopy
from archive.dissemination.derived import Source
from archive.reports.forms import Block
from archive.reports.lists import FORM, number_of
from metadata.codes import document_title
from metadata.messages import text
from metadata.package import FileVerdicts, PackageDocument, PackageFile
from metadata.profiles.copies import Item, ItemOf, copy_rules
from metadata.profiles.vocabularies import vocabularies
from metadata.xml.authentication import AuthenticatedDocument, AuthenticatedFile, Authentication
from metadata.xml.ead import archival_file_code, document_code

FOLDER = "documentation/"
PAPER, DATA = f"{FOLDER}xac-thuc.pdf", f"{FOLDER}xac-thuc.xml"

_DOCUMENT_WIDTHS = (10, 44, 30, 24, 62)
_FILE_WIDTHS = (10, 18, 48, 60, 34)
_ORIGINAL, _COPY = "original", "copy"


def words(key: str, **values: object) -> str:
    """Words of the file, in the language of the law's forms."""
    return text(f"authentication.{key}", FORM, **values)


def package_items(code: str, archive: str, source: Source, told: Mapping[str, str], issued_on: str) -> dict[str, str]:
    """Items that are told once; what nobody told is not there.

    Args:
        code: Authentication code: the package's identifier.
        archive: Name and code of the archive.
        source: What the package is made of; its request tells the purpose.
        told: What only the asker knows, by key.
        issued_on: dd/mm/yyyy.
    """
    entry = vocabularies()["purpose"].entry(source.request.get("purpose", ""), codes=True)
    purpose = (entry.vi if entry else "", source.request.get("purposeContent", ""))
    known = {
        "code": code,
        "archive": archive,
        "purpose": " — ".join(filter(None, purpose)),
        "issued_on": issued_on,
        **told,
    }
    return {key: value for key, value in known.items() if value}


def authenticated(source: Source, copies: Mapping[int, Sequence[UseCopy]]) -> Iterator[AuthenticatedDocument]:
    """The documents of the package with their originals and copies."""
    for document, described in zip(source.documents, source.bridged.documents, strict=True):
        code = document_code(described, source.record.file_code, source.codes.profile)
        items = {
            "archival_code": archival_file_code(source.codes.archive_code, code),
            "number": number_of(described),
            "type": described.value("type_name"),
            "title": document_title(described),
        }
        files = list(_files(document, copies.get(document.ordinal, ())))
        yield AuthenticatedDocument(document.ordinal, {key: value for key, value in items.items() if value}, files)


def _files(document: PackageDocument, copies: Sequence[UseCopy]) -> Iterator[AuthenticatedFile]:
    verdicts = {entry.path: entry for entry in document.verdicts}
    for original in document.originals:
        yield _file(_ORIGINAL, original, signatures=tuple(_signatures(verdicts.get(original.path))))
        for copy in copies:
            if copy.file.derived_from == original.path:
                yield _file(_COPY, copy.file, copy_of=original.path)


def _file(
    role: str, file: PackageFile, *, copy_of: str = "", signatures: Sequence[Mapping[str, str]] = ()
) -> AuthenticatedFile:
    flavour = (file.conversion.flavour if file.conversion else None) or ""
    return AuthenticatedFile(
        role=role,
        path=file.path,
        name=file.original_name,
        sha256=file.sha256,
        sha512=file.sha512,
        size_bytes=file.size_bytes,
        copy_of=copy_of,
        flavour=flavour if copy_of else "",
        signatures=signatures,
    )


def _signatures(entry: FileVerdicts | None) -> Iterator[Mapping[str, str]]:
    for verdict in entry.verdicts if entry else ():
        yield {
            "field": verdict.field or "",
            "signer": verdict.signer or "",
            "signingTime": verdict.signing_time or "",
            "indication": verdict.indication.value,
            "subindication": verdict.subindication or "",
            "judgedAt": verdict.judged_at,
        }


# ---------------------------------------------------------------- the paper


def blocks(said: Authentication, package_id: str) -> Iterator[Block]:
    """The paper (`ingest.engines.paper_layout`)."""
    yield {"text": said.items.get("archive", ""), "size": 12, "align": "center", "after": 10}
    yield {"text": words("heading"), "style": "Bold", "size": 15, "align": "center"}
    yield {"text": words("below"), "size": 13, "align": "center", "after": 6}
    for number, item in enumerate(copy_rules().items, start=1):
        yield {"text": words("field", number=number, label=item.vi, value=_value(said, item)), "size": 12, "after": 1}
    yield {"space": 4}
    yield from _documents(said)
    yield from _file_table(said)
    yield {"text": words("evidence"), "style": "Bold", "size": 12, "after": 2}
    for batch, _, at in said.evidence:
        told = words("evidence_batch", made_of=said.made_of, batch=batch, at=at, package_id=package_id)
        yield {"text": told, "size": 12, "after": 2}
    if not said.evidence:
        yield {"text": words("evidence_none", made_of=said.made_of), "size": 12, "after": 2}
    yield {"text": words("original_rules", note=" · ".join(said.note)), "size": 12, "after": 2}
    yield {"text": words("binding"), "style": "Bold", "size": 12}


def _value(said: Authentication, item: Item) -> str:
    if item.by is ItemOf.DOCUMENT and len(said.documents) != 1:
        return words("below_each")
    items = said.items if item.by is ItemOf.PACKAGE else said.documents[0].items
    return items.get(item.key) or words("unknown")


def _table(headings: str, widths: Sequence[int]) -> Block:
    columns = zip(headings.split("|"), widths, strict=True)
    return {"table": [{"heading": heading, "width": width} for heading, width in columns], "size": 10}


def _documents(said: Authentication) -> Iterator[Block]:
    items = [item for item in copy_rules().items if item.by is ItemOf.DOCUMENT]
    yield {"text": words("documents"), "style": "Bold", "size": 12, "after": 2}
    yield _table(words("document_columns", **{item.key: item.vi for item in items}), _DOCUMENT_WIDTHS)
    for document in said.documents:
        yield {"row": [str(document.ordinal), *(document.items.get(item.key, "") for item in items)]}
    yield {"end": True}
    yield {"space": 4}


def _file_table(said: Authentication) -> Iterator[Block]:
    yield {"text": words("files"), "style": "Bold", "size": 12, "after": 2}
    yield _table(words("file_columns"), _FILE_WIDTHS)
    for document in said.documents:
        for file in document.files:
            kind = words(_ORIGINAL) if file.role == _ORIGINAL else words(_COPY, words=copy_rules().words)
            yield {"row": [str(document.ordinal), kind, file.path, file.sha256, _judged(file)]}
    yield {"end": True}
    yield {"space": 4}


def _judged(file: AuthenticatedFile) -> str:
    if file.role != _ORIGINAL:
        return ""
    told = ("/".join(filter(None, (one["indication"], one["subindication"]))) for one in file.signatures)
    return "; ".join(dict.fromkeys(told)) or words("unsigned")
