"""What a conversion has to say of a value: what was lost, where it is kept, and what is doubtful with suggestions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol

from metadata.messages import text
from metadata.profiles import Field, Section


@unique
class NoteKind(StrEnum):
    """How grave it is."""

    LOSS = "loss"
    """The new circular has no place, or no code, for all of it."""

    DOUBT = "doubt"
    """Somebody has to look: the value can mean several things, or is wanted and not known."""


@unique
class Cause(StrEnum):
    """What happened; words in `metadata/messages/bridge.toml`."""

    NO_CODE = "no_code"
    """The code is "other": the text is kept in the remarks."""

    TEXT_TO_FLAG = "text_to_flag"
    """A text became yes: it is kept in the remarks."""

    MOVED = "moved"
    """No field of its own: kept in the remarks with its name."""

    RECORD_ONLY = "record_only"
    """No place: kept only in the metadata as received."""

    UNREADABLE = "unreadable"
    """No number or day: left out, kept only in the metadata as received."""

    UNKNOWN_WORD = "unknown_word"
    FORMER_WORD = "former_word"
    FLAG_GUESSED = "flag_guessed"
    """A text that begins with "không" became no."""

    TOO_LONG = "too_long"
    WANTED = "wanted"


DOUBTS = frozenset({Cause.UNKNOWN_WORD, Cause.FORMER_WORD, Cause.FLAG_GUESSED, Cause.TOO_LONG, Cause.WANTED})


@dataclass(frozen=True, slots=True)
class Note:
    """One loss or doubt, with its place."""

    rule: str
    """`BRG-…`."""

    cause: Cause
    subject: str
    """The dossier's code, or code and ordinal."""

    ordinal: int | None
    row: int | None
    section: Section
    """Table of the description."""

    field: Field | None
    """The field of the old circular, or the wanted one of the new."""

    key: str
    written: str = ""
    value: str = ""
    """What it became."""

    suggestions: tuple[str, ...] = ()

    @property
    def kind(self) -> NoteKind:
        """Loss or doubt."""
        return kind_of(self.cause)

    def label(self, language: str) -> str:
        """Name of the field."""
        return self.field.label(language) if self.field else self.key

    def message(self, language: str) -> str:
        """What happened, in words."""
        return worded(self, self.label(language), language)


class Noted(Protocol):
    """What words are made of."""

    @property
    def cause(self) -> Cause:
        """What happened."""
        ...

    @property
    def written(self) -> str:
        """As it was."""
        ...

    @property
    def value(self) -> str:
        """What it became."""
        ...

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Best first."""
        ...


def kind_of(cause: Cause) -> NoteKind:
    """Loss or doubt."""
    return NoteKind.DOUBT if cause in DOUBTS else NoteKind.LOSS


def worded(note: Noted, label: str, language: str) -> str:
    """What happened, in words; `label` is the name of the field."""
    return text(
        f"bridge.{note.cause.value}",
        language,
        field=label,
        written=note.written,
        value=note.value or "–",
        suggestions="; ".join(note.suggestions) or "–",
    )
