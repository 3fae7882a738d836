"""The judged set: documents whose text is known, queries typed by hand, and which documents answer each.

`texts/*.toml` holds documents (public ones of the state, papers of an invented province), the papers of the sample
delivery are added; `queries/*.toml` holds one class of queries a file. Nothing here uses the analysis of `search`:
what is measured must not make its own judge.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from archive.demo.papers import Paper, SampleDossier, dossiers

_HERE = Path(__file__).parent
_EVERY: Final = 3
"""Of so many queries of a file the last is held out."""

EXACT: Final = 2
ACCEPTABLE: Final = 1


class Text(BaseModel):
    """A document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: str
    number: str
    title: str
    issued: str
    organ: str
    signer: str
    pages: tuple[str, ...]
    wording: Literal["excerpt", "read", "summary", "own"] = "own"
    """The document's words, what OCR read of them, or what it says in our words; `own`: an invented paper."""

    source: str = ""
    sample: str = ""
    """Its file below the folder of real documents, where that is: the whole document, not only what stands here."""

    dossier: str = ""
    """Title of its dossier."""

    keywords: str = ""


class Judged(BaseModel):
    """A query and its answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    typed: Annotated[str, Field(min_length=1)]
    exact: Annotated[tuple[str, ...], Field(min_length=1)]
    """What who typed this means."""

    acceptable: tuple[str, ...] = ()
    """What would do as well, or nearly."""

    why: Annotated[str, Field(min_length=10)]

    @property
    def grades(self) -> Mapping[str, int]:
        """Grade by document; all others answer nothing."""
        return dict.fromkeys(self.acceptable, ACCEPTABLE) | dict.fromkeys(self.exact, EXACT)


class _Texts(BaseModel):
    document: tuple[Text, ...]


class _Queries(BaseModel):
    query: tuple[Judged, ...]


_TEXTS, _QUERIES = TypeAdapter(_Texts), TypeAdapter(_Queries)


def _sample(number: int, dossier: SampleDossier, at: int, paper: Paper) -> Text:
    day, month, year = paper.day
    return Text(
        id=f"demo-{number}-{at}",
        kind=paper.kind,
        number=f"{paper.number}/{paper.notation}" if paper.number else "",
        title=paper.subject or paper.heading,
        issued=f"{year}-{month}-{day}",
        organ=" ".join(paper.issuer.split()),
        signer=paper.signer[1],
        pages=tuple("\n".join(page) for page in paper.pages),
        dossier=dossier.title,
        keywords=dossier.keywords,
    )


@cache
def texts() -> tuple[Text, ...]:
    """All documents that a query may mean."""
    found = [text for path in sorted(_HERE.glob("texts/*.toml")) for text in _read(path)]
    found += [
        _sample(number, dossier, at, paper)
        for number, dossier in enumerate(dossiers(), start=1)
        for at, paper in enumerate(dossier.paper, start=1)
    ]
    return tuple(found)


def _read(path: Path) -> tuple[Text, ...]:
    return _TEXTS.validate_python(tomllib.loads(path.read_text(encoding="utf-8"))).document


@cache
def queries() -> Mapping[str, tuple[Judged, ...]]:
    """Queries by class."""
    return {
        path.stem: _QUERIES.validate_python(tomllib.loads(path.read_text(encoding="utf-8"))).query
        for path in sorted(_HERE.glob("queries/*.toml"))
    }


def held_out(position: int) -> bool:
    """Whether the query at this place of its file is left for the end: it is measured, never looked at in mending."""
    return position % _EVERY == _EVERY - 1
