"""Dossiers made from messages alone: one for each chain of answers, where no list tells which belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from ingest.free_names import first_free
from ingest.readers.edxml.grouping import Chains
from ingest.readers.edxml.opening import Message
from ingest.readers.edxml.records import DocumentDraft, Records, records_of
from metadata.dates import from_iso
from metadata.descriptions import Cell, DocumentDescription, DossierDescription
from metadata.findings import Finding

PROFILE = "02-2019"
"""Its fields are closest to those of the exchange; the bridge leads on to TT 05/2025."""

_FORBIDDEN = re.compile(r'[/\\:*?"<>|\s,]+')
_COLUMN = "(edXML)"
_SHOWN = 5


def dossiers_of(
    messages: Sequence[Message], statuses: Mapping[str, Sequence[Message]], root: Path
) -> Iterator[tuple[DossierDescription, tuple[Finding, ...]]]:
    """A dossier for each chain, with its findings.

    Args:
        messages: All but those of status.
        statuses: Messages of status by the chain that they are about (`Chains.of`).
        root: Where the messages lie.
    """
    taken: set[str] = set()
    chains = Chains(messages)
    for chain in chains.all():
        about = statuses.get(chains.of(chain[0].path), ())
        records = records_of(chain, about, PROFILE, root)
        code = first_free(_code(records, chain), lambda name: name.casefold() in taken)
        taken.add(code.casefold())
        if records.secrets:
            yield secret_dossier(code, records), ()
            continue
        yield _dossier(code, records), (_told(code, records), *records.findings)


def _told(code: str, records: Records) -> Finding:
    names = ", ".join(records.sources[:_SHOWN]) + (" …" if len(records.sources) > _SHOWN else "")
    values = {"count": str(len(records.sources)), "names": names}
    return Finding(rule="EDX-030", subject=code, file=records.sources[0], values=values)


def _code(records: Records, chain: Sequence[Message]) -> str:
    """Identifier of the sender, year, number and notation of the first document; else the name of the file."""
    for draft in records.documents[:1]:
        name = draft.message.packet.name if draft.message.packet else None
        if name is not None and name.organ_id and name.label:
            year = name.date[:4] if from_iso(name.date) else ""
            return _FORBIDDEN.sub("-", ".".join(part for part in (name.organ_id, year, name.label) if part)).strip("-.")
    return _FORBIDDEN.sub("-", PurePosixPath(chain[0].path).stem).strip("-.") or "edxml"


def _dossier(code: str, records: Records) -> DossierDescription:
    documents = tuple(document_of(draft, ordinal) for ordinal, draft in enumerate(records.documents, start=1))
    first = documents[0] if documents else None
    title = first.value("subject") if first else PurePosixPath(records.sources[0]).stem
    days = sorted(day for document in documents if from_iso(day := document.value("issued_date")))
    fields = {
        "file_code": Cell(value=code, column=_COLUMN),
        "title": Cell(value=title or code, column=_COLUMN),
    }
    if days:
        fields |= {"start_date": Cell(value=days[0], column=_COLUMN), "end_date": Cell(value=days[-1], column=_COLUMN)}
    return DossierDescription(
        file_code=code,
        fields=fields,
        source=records.sources[0],
        documents=documents,
        sources=tuple(records.sources),
    )


def document_of(draft: DocumentDraft, ordinal: int) -> DocumentDescription:
    """The description of a document that only its message describes."""
    return DocumentDescription(
        ordinal=ordinal,
        fields=dict(draft.mapped.fields),
        extra=dict(draft.mapped.extra),
        source=draft.message.path,
        files=draft.message.files,
        relations=draft.relations,
    )


def secret_dossier(code: str, records: Records) -> DossierDescription:
    """A dossier of which nothing is told but where its messages bear a grade of secrecy."""
    documents = tuple(
        DocumentDescription(
            ordinal=ordinal,
            # The word is the archive's own: what the message says stays unsaid, the rule needs a grade to refuse.
            extra={str(finding.values.get("field", "edXML")): "Mật"},
            source=finding.file,
        )
        for ordinal, finding in enumerate((f for message in records.secrets for f in message.secrets), start=1)
    )
    return DossierDescription(file_code=code, source=records.secrets[0].path, documents=documents)
