"""What the sample papers say (`papers.toml`): an invented province, invented people, the forms of Decree 30/2020."""

from __future__ import annotations

import tomllib
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, TypeAdapter


@unique
class Make(StrEnum):
    """How a paper comes into the delivery."""

    SCAN = "scan"
    YELLOWED = "yellowed"
    DIGITAL = "digital"
    SIGNED = "signed"
    SIGNED_SCAN = "signed-scan"
    DOCX = "docx"
    XLSX = "xlsx"
    TCVN3 = "tcvn3"
    PHOTO = "photo"
    PROGRAM = "program"
    """A program with the name of a PDF."""

    MISSING = "missing"
    """A row without its file."""


_EXTENSIONS = {Make.DOCX: "docx", Make.XLSX: "xlsx", Make.TCVN3: "doc", Make.PHOTO: "jpg"}


class Paper(BaseModel):
    """One document: its row in the sheet and its pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    make: Make
    kind: str
    """Tên loại văn bản."""

    number: str
    notation: str
    day: tuple[str, str, str]
    """As written in the three columns of the sheet."""

    place: str
    issuer: str
    """Head of the paper, one line a level."""

    subject: str
    """Trích yếu in the sheet; empty where the row lacks it."""

    heading: str = ""
    """Trích yếu on the paper, where the sheet says something else."""

    signer: tuple[str, str]
    """Office and name."""

    tilt: float = 0.0
    """Degrees by which the scan is skewed."""

    seal: bool = False
    pages: tuple[tuple[str, ...], ...]
    """Paragraphs by page."""

    @property
    def extension(self) -> str:
        """Extension of its file."""
        return _EXTENSIONS.get(self.make, "pdf")


class SampleDossier(BaseModel):
    """One dossier of the delivery."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    notation: str
    year: str
    title: str
    keeping: str
    start: tuple[str, str, str]
    end: tuple[str, str, str]
    keywords: str
    mistakes: tuple[str, ...] = ()
    """What is wrong with it, in words; empty: it will be archived."""

    paper: tuple[Paper, ...]
    """Its documents in order."""


_DOSSIERS = TypeAdapter(tuple[SampleDossier, ...])


@cache
def dossiers() -> tuple[SampleDossier, ...]:
    """The dossiers of the sample delivery: 3, with 20 documents of 45 pages."""
    text = files("archive.demo").joinpath("papers.toml").read_text(encoding="utf-8")
    return _DOSSIERS.validate_python(tomllib.loads(text)["dossier"])
