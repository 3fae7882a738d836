"""Words of titles as lists are filtered by them: folded as the search folds them, without its index.

A column has each word of a title as written (its canon) and without marks, once, between blanks. So a word that is
asked for without marks finds every way to write it, one with marks only those that have them, and a beginning is
enough.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from search.vietnamese import forms

MOST_ASKED = 12
"""Words of a filter that are looked for; the others are too many to be meant."""


def wording(title: str) -> str:
    """What the column has for `title`; empty where it has no words."""
    words = dict.fromkeys(form for word in forms(title) for form in (word.canon, word.fold))
    return f" {' '.join(words)} " if words else ""


def told_by(column: sa.Column[Any], title: sa.Column[Any], asked: str) -> sa.ColumnElement[bool]:
    """Titles that have words which begin like those of `asked`, all of them, in any order.

    Args:
        column: Made by `wording`.
        title: As written; decides where `asked` holds no word, such as a sign.
        asked: What a person typed.
    """
    words = dict.fromkeys(word.canon if word.marked else word.fold for word in forms(asked))
    if not words:
        return title.contains(asked, autoescape=True)
    # Letters and digits alone: nothing in them has a meaning for LIKE.
    # The longest first: it is the rarest, and whatever has it not is compared with no other.
    rarest = sorted(words, key=len, reverse=True)[:MOST_ASKED]
    return sa.and_(*(column.like(f"% {word}%") for word in rarest))
