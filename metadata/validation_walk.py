"""Rules over the documents of a dossier, all of them in one walk: of many documents each is unpacked once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from metadata.descriptions import DocumentDescription
from metadata.findings import Finding


class DocumentRule(Protocol):
    """A rule that looks at every document of a dossier, one after the other, and then says what it found."""

    def see(self, document: DocumentDescription) -> None:
        """Look at the next document; of those that passed by none is kept but what is told of."""
        ...

    def found(self) -> Iterable[Finding]:
        """What is to be told, in order; asked once, when all documents have passed by."""
        ...


def walked(documents: Iterable[DocumentDescription], rules: Sequence[DocumentRule]) -> None:
    """Show every document to every rule."""
    for document in documents:
        for rule in rules:
            rule.see(document)
