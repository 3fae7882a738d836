"""Rules that are handed to the stages from outside, and what is known of a dossier before a file is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from ingest.work import WorkItem
from metadata.bridge.conversion import IN_FORCE, notes_in_force
from metadata.bridge.kept import converted_finding
from metadata.descriptions import Delivery, DocumentDescription, DossierDescription
from metadata.findings import Finding
from metadata.rules import errors_of

_DOCTYPE, _ENTITIES = "EDX-002", "ING-015"
_UNREAD = frozenset({"EDX-001", _DOCTYPE, "EDX-007"})
"""Messages of which nothing was read."""

Checks = Callable[[Delivery], Mapping[str, tuple[Finding, ...]]]
"""The rules of metadata, by dossier code (`metadata.validation.check_delivery`, with the operator's settings bound)."""

MeasuredChecks = Callable[[DossierDescription, Mapping[int, int | None]], tuple[Finding, ...]]
"""Rules that need measured pages by ordinal, None where none could be measured (`metadata.validation`)."""


class DuplicateLookup(Protocol):
    """What the archive already holds of an agency. Places are told as people know them, such as `H49.64.33.2001.160/3`.

    Of other agencies nothing: who hands in need not be allowed to know what they hold, and a letter that its
    sender and its addressee both keep is no double.
    """

    def by_digest(self, sha256: str, *, agency: str, besides: str, up_to: int) -> Sequence[str]:
        """Places of files with these bytes, without those of package `besides`; at most a few.

        Of what is more closed than a label of rank `up_to` not the place, but that there is something: an empty one.
        """
        ...

    def by_number(self, number: str, *, agency: str, body: str, date: str, besides: str, up_to: int) -> Sequence[str]:
        """Places of documents with this number and notation, issuing body and date; at most a few; so too."""
        ...


class NothingHeld:
    """The lookup of an archive that holds nothing yet, or of a check that must not ask."""

    def by_digest(self, sha256: str, *, agency: str, besides: str, up_to: int) -> Sequence[str]:
        """See `DuplicateLookup.by_digest`."""
        del sha256, agency, besides, up_to
        return ()

    def by_number(self, number: str, *, agency: str, body: str, date: str, besides: str, up_to: int) -> Sequence[str]:
        """See `DuplicateLookup.by_number`."""
        del number, agency, body, date, besides, up_to
        return ()


def converted_findings(item: WorkItem, documents: Iterable[DocumentDescription]) -> tuple[Finding, ...]:
    """What the bridge to the circular in force loses or doubts of the dossier with `documents`: one finding or none."""
    profile = item.delivery.profile
    notes = notes_in_force(item.dossier, documents, profile)
    return converted_finding(notes, item.dossier.file_code, profile, IN_FORCE)


def known_findings(item: WorkItem, checks: Checks) -> tuple[Finding, ...]:
    """What is known before any file is opened: of the delivery, of the dossier, of its metadata; each once."""
    return told_of(item.delivery, item.dossier, checks(item.delivery))


def told_of(
    delivery: Delivery, dossier: DossierDescription, judged: Mapping[str, tuple[Finding, ...]]
) -> tuple[Finding, ...]:
    """What reader and rules (`judged`) say of `dossier`, each once.

    Of a dossier whose one message was refused nothing is known: that its fields are blank is no news then.
    """
    own, told = delivery.dossier_findings.get(dossier.file_code, ()), judged.get(dossier.file_code, ())
    if not dossier.documents and any(finding.rule in _UNREAD for finding in own):
        told = errors_of(told)
    found = (*delivery.findings, *own, *told)
    return tuple({finding.model_dump_json(): finding for finding in found}.values())


def without_echoes(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """`findings` without what the look inside a file says again of a message that was refused for it."""
    found = tuple(findings)
    refused = {finding.subject for finding in found if finding.rule == _DOCTYPE}
    return tuple(finding for finding in found if finding.rule != _ENTITIES or finding.subject not in refused)
