"""Messages whose dossiers a list tells: its rows name message, attachment, identifier or number of the document.

The reader of lists answers first, without knowing of messages. What its rows
say counts; what they leave open the message tells; where both speak and
disagree, that is told. A message that no row names goes with the message that
it answers, updates or replaces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingest.readers.edxml.grouping import Chains, Names
from ingest.readers.edxml.opening import Message
from ingest.readers.edxml.records import DocumentDraft, records_of
from ingest.readers.edxml.unlisted import document_of, secret_dossier
from metadata.codes import document_number, nfc
from metadata.descriptions import Delivery, DocumentDescription, DossierDescription
from metadata.edxml import DocumentName, plain
from metadata.findings import Finding
from metadata.profiles import Section, profile
from metadata.profiles.headings import fold

_MESSAGE_WORDS = ("goi tin", "edxml", "thong diep")
_UNNAMED = "READ-011"
_MISSING = frozenset({"READ-010", "READ-013", "READ-014"})
_COMPARED = ("doc_code", "doc_id", "code_number", "code_notation", "issued_date", "type_name", "organ_name", "subject")


class Listed:
    """The delivery of a list, with what the messages give.

    Args:
        delivery: As the reader of lists gives it.
        messages: All that were delivered but those of status.
        statuses: Those of status.
        root: Where everything lies.
    """

    def __init__(
        self, delivery: Delivery, messages: Sequence[Message], statuses: Sequence[Message], root: Path
    ) -> None:
        self._delivery = delivery
        self._messages = {message.path: message for message in messages}
        self._statuses = statuses
        self._root = root
        self._names = Names(messages)
        self._rows: dict[tuple[str, int], list[str]] = defaultdict(list)
        """Messages that each row means, by dossier and ordinal."""

        self._shares: dict[str, dict[tuple[str, int], list[str]]] = defaultdict(dict)
        """Attachments that rows name one by one, by message and row."""

        self._holders: dict[str, list[tuple[Message, str]]] = defaultdict(list)
        self._stems: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            self._stems[plain(_last(message.path)).rpartition(".")[0]].append(message)
            for path in message.files:
                self._holders[plain(_last(path))].append((message, path))
        self._owner: dict[str, str] = {}
        """Dossier by message."""

        self._filled: dict[str, int] = {}
        """How many messages a dossier without rows of documents got, by its code."""

        self._by_code: dict[str, list[str]] = defaultdict(list)
        self._statuses_by_code: dict[str, list[Message]] = defaultdict(list)
        self._status_paths = {status.path for status in statuses}
        self._resolved: set[tuple[str | None, str | None, int | None]] = set()
        """Places of rows whose files were found in messages."""

    def delivery(self) -> Delivery:
        """Dossiers with documents, sources and findings of both."""
        for dossier in self._delivery.dossiers:
            for document in dossier.documents:
                self._match(dossier, document)
        for dossier in self._delivery.dossiers:
            if not dossier.documents:
                self._fill(dossier)
        led = self._lead_on()
        for path, code in self._owner.items():
            self._by_code[code].append(path)
        for status in self._statuses:
            if status.packet:
                owners = {self._owner.get(message.path) for message in self._names.of(status.packet.name)}
                for code in sorted(code for code in owners if code is not None):
                    self._statuses_by_code[code].append(status)
        dossiers, findings = [], {}
        for dossier in self._delivery.dossiers:
            told = list(self._delivery.dossier_findings.get(dossier.file_code, ()))
            merged, more = self._merged(dossier, led.get(dossier.file_code, ()))
            dossiers.append(merged)
            findings[dossier.file_code] = tuple(found for found in (*told, *more) if self._stands(found))
        return self._delivery.model_copy(
            update={
                "dossiers": tuple(dossiers),
                "findings": tuple(found for found in self._delivery.findings if self._stands(found)),
                "dossier_findings": {code: own for code, own in findings.items() if own},
            }
        )

    @property
    def unowned(self) -> list[Message]:
        """Messages that belong to no dossier of the list."""
        return [message for path, message in self._messages.items() if path not in self._owner]

    # ------------------------------------------------------------ which row means which message

    def _match(self, dossier: DossierDescription, document: DocumentDescription) -> None:
        found = [path for path in document.files if path in self._messages]
        # A column of messages has a heading of its own that the circulars do not know.
        told = [text for heading, text in document.extra.items() if _speaks_of_messages(heading)]
        wanted = (*document.missing_files, *told)
        place = (dossier.file_code, document.ordinal)
        by_name = [message.path for written in wanted for message in self._named(written, place)]
        if not (found or by_name) and not document.files:
            by_name = [message.path for message in self._described(document)]
        for path in dict.fromkeys((*found, *by_name)):
            self._rows[place].append(path)
            self._owner.setdefault(path, dossier.file_code)
        if by_name:
            self._resolved.add((document.source, document.sheet, document.row))

    def _fill(self, dossier: DossierDescription) -> None:
        """A dossier of which only the dossier is listed has the messages that its folder or its code points to."""
        taken = [path for path in dossier.stray_files if path in self._messages and path not in self._owner]
        self._owner.update(dict.fromkeys(taken, dossier.file_code))
        if taken:
            self._filled[dossier.file_code] = len(taken)

    def _named(self, written: str, place: tuple[str, int]) -> Iterator[Message]:
        """Messages that a row means by what stands in its column of files: an identifier, or an attachment's name."""
        name = plain(nfc(written))
        by_id = self._names.of(DocumentName(document_id=nfc(written)))
        if by_id:
            yield by_id[0]
            return
        last = name.replace("\\", "/").rpartition("/")[2]
        holders = self._holders[last]
        if len(holders) == 1:
            message, path = holders[0]
            self._shares[message.path].setdefault(place, []).append(path)
            yield message
            return
        stems = self._stems[last.removesuffix(".edxml").removesuffix(".xml")]
        if len(stems) == 1:
            yield stems[0]

    def _described(self, document: DocumentDescription) -> list[Message]:
        """Messages that carry the document which the row describes."""
        for key in ("doc_code", "doc_id"):
            if (code := document.value(key)) and (found := self._names.of(DocumentName(document_id=code))):
                return found[:1]
        number, notation = document.value("code_number"), document.value("code_notation")
        if not notation:
            number, _, notation = document_number(document).partition("/")
        name = DocumentName(number=number, notation=notation, date=document.value("issued_date"))
        found = self._names.of(name) if number and notation else []
        return found if len(found) == 1 else []

    def _lead_on(self) -> Mapping[str, list[str]]:
        """Messages that no row names, by the code of the only dossier whose documents they belong to."""
        messages = list(self._messages.values())
        chains = Chains(messages)
        codes: dict[str, set[str]] = defaultdict(set)
        for path, code in self._owner.items():
            codes[chains.of(path)].add(code)
        led: dict[str, list[str]] = defaultdict(list)
        for message in messages:
            known = codes[chains.of(message.path)]
            if message.path not in self._owner and len(known) == 1:
                led[next(iter(known))].append(message.path)
        self._owner.update({path: code for code, paths in led.items() for path in paths})
        return led

    # ------------------------------------------------------------ putting together

    def _merged(self, dossier: DossierDescription, led: Sequence[str]) -> tuple[DossierDescription, list[Finding]]:
        code = dossier.file_code
        own = [self._messages[path] for path in self._by_code[code]]
        statuses = self._statuses_by_code[code]
        if not own:
            return dossier, []
        records = records_of(own, statuses, self._delivery.profile, self._root)
        if records.secrets:
            return secret_dossier(code, records), []
        drafts = {draft.message.path: draft for draft in records.documents}
        findings = [*records.findings]
        documents: list[DocumentDescription] = []
        used: set[str] = set()
        for document in dossier.documents:
            paths = self._rows.get((code, document.ordinal), [])
            mine = [drafts[path] for path in paths if path in drafts and path not in used]
            again = [path for path in paths if path in used]
            used |= {draft.message.path for draft in mine}
            merged, told = self._document(document, mine, set(paths), (code, document.ordinal))
            # A further row for another attachment of the same message describes that one by itself.
            more = [file for path in again for file in self._shares[path].get((code, document.ordinal), ())]
            if more:
                merged = merged.model_copy(update={"files": (*merged.files, *more), "missing_files": ()})
            documents.append(merged)
            findings += told
        ordinal = max((document.ordinal for document in documents), default=0)
        left = [draft for draft in records.documents if draft.message.path not in used]
        documents += [document_of(draft, ordinal + number) for number, draft in enumerate(left, start=1)]
        findings += [_told_led(path, code) for path in led]
        if count := self._filled.get(code):
            values = {"count": str(count)}
            findings.append(Finding(rule="EDX-039", subject=code, file=dossier.source, row=dossier.row, values=values))
        stray = tuple(path for path in dossier.stray_files if self._owner.get(path) is None)
        update = {"documents": tuple(documents), "sources": tuple(records.sources), "stray_files": stray}
        return dossier.model_copy(update=update), findings

    def _files(self, message: Message, place: tuple[str, int]) -> Iterator[str]:
        """Attachments of the row at `place`: those that it names, and those that no other row names."""
        elsewhere = {file for row, files in self._shares[message.path].items() if row != place for file in files}
        return (file for file in message.files if file not in elsewhere)

    def _document(
        self,
        document: DocumentDescription,
        drafts: Sequence[DocumentDraft],
        paths: set[str],
        place: tuple[str, int],
    ) -> tuple[DocumentDescription, list[Finding]]:
        """The row with what its messages say; the messages themselves are no files of it."""
        files = [path for path in document.files if path not in paths]
        fields, extra = dict(document.fields), dict(document.extra)
        relations = list(document.relations)
        told: list[Finding] = []
        for draft in drafts:
            files += self._files(draft.message, place)
            relations += draft.relations
            told += self._contradictions(document, draft)
            for key, cell in draft.mapped.fields.items():
                if key not in fields or not (fields[key].value or fields[key].written):
                    # Findings name a place of the list: the row that led to the message, not a line of the message.
                    fields[key] = cell.model_copy(update={"row": document.row})
            extra = {**draft.mapped.extra, **extra}
        update = {
            "fields": fields,
            "extra": extra,
            "files": tuple(dict.fromkeys(files)),
            "missing_files": () if drafts else document.missing_files,
            "relations": tuple(dict.fromkeys(relations)),
        }
        return document.model_copy(update=update), told

    def _contradictions(self, document: DocumentDescription, draft: DocumentDraft) -> Iterator[Finding]:
        names: Mapping[str, tuple[str, str]] = {
            key: (field.vi, field.en) for key, field in profile(self._delivery.profile).fields(Section.DOCUMENT).items()
        }
        for key in _COMPARED:
            row, said = document.fields.get(key), draft.mapped.fields.get(key)
            if row is None or said is None or not row.value or plain(row.value) == plain(said.value):
                continue
            field, field_en = names.get(key, (key, key))
            yield Finding(
                rule="EDX-036",
                subject=draft.message.path,
                file=document.source,
                sheet=document.sheet,
                row=row.row or document.row,
                column=row.column,
                values={
                    "written": row.written or row.value,
                    "other": said.written or said.value,
                    "message": draft.message.path,
                    "field": field,
                    "field_en": field_en,
                },
            )

    def _stands(self, finding: Finding) -> bool:
        """Whether a finding of the reader of lists is still true: it knew nothing of messages."""
        if finding.rule == _UNNAMED:
            return finding.subject not in self._owner and finding.subject not in self._status_paths
        return not (finding.rule in _MISSING and (finding.file, finding.sheet, finding.row) in self._resolved)


def _speaks_of_messages(heading: str) -> bool:
    return any(word in fold(heading) for word in _MESSAGE_WORDS)


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _told_led(path: str, code: str) -> Finding:
    return Finding(rule="EDX-037", subject=path, file=path, values={"code": code})
