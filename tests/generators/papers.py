"""Papers made of words, layouts and scans by chance: the same name gives the same page."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from PIL import Image

from tests.generators.letterheads import Layout, Paper
from tests.generators.office_scans import Scan, scanned


@dataclass(frozen=True, slots=True)
class Body:
    """Who issues papers."""

    superior: tuple[str, ...]
    lines: tuple[str, ...]
    name: str
    abbreviation: str
    place: str
    english: str = ""
    party: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Of what papers are made."""

    bodies: Sequence[Body]
    types: Sequence[tuple[str, str]]
    """Type and abbreviation; an empty one makes a letter."""

    subjects: Sequence[str]
    signers: Sequence[tuple[tuple[str, ...], str, str]]
    """Authority, position in capitals, position as a sentence writes it."""

    names: Sequence[str]
    firsts: Sequence[str]
    paragraphs: Sequence[str]
    party_signers: Sequence[tuple[tuple[str, ...], str, str]] = ()
    english: Mapping[str, str] = field(default_factory=dict)
    """What a type and a subject are called on papers in two languages."""

    def in_english(self) -> Words:
        """Those of which papers in two languages are made."""
        return replace(
            self,
            bodies=[body for body in self.bodies if body.english],
            types=[(kind, short) for kind, short in self.types if kind in self.english],
            subjects=[subject for subject in self.subjects if subject in self.english],
        )


@dataclass(frozen=True, slots=True)
class Templates:
    """Words, layouts and scans that belong together."""

    words: Words
    layouts: Sequence[Layout]
    conditions: Mapping[str, Sequence[Scan]]
    """Scans by the name of their group."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One page with what it says."""

    paper: Paper
    layout: Layout
    scan: Scan
    seed: int

    def picture(self) -> Image.Image:
        """As the scanner sees it."""
        return scanned(self.paper, self.layout, self.scan, self.seed)


def page_of(templates: Templates, seed: str, condition: str, number: int) -> Drawn:
    """Page `number` of a group of scans; one in ten has its number written by hand or left blank."""
    chance = random.Random(f"{seed}/{condition}/{number}")  # noqa: S311 - test data
    layout, scan = chance.choice(templates.layouts), chance.choice(templates.conditions[condition])
    paper = paper_of(templates.words.in_english() if layout.bilingual else templates.words, chance)
    return Drawn(without_number(paper, chance) if number % 10 == 9 else paper, layout, scan, number)


def paper_of(words: Words, chance: random.Random) -> Paper:
    """One paper."""
    body = chance.choice(words.bodies)
    kind, short = chance.choice(words.types)
    if body.party and kind in {"Thông tư", "Nghị định", "Quyết định liên tịch", "Giấy giới thiệu", "Dự án"}:
        kind, short = "Quyết định", "QĐ"
    year = chance.randint(1996, 2026)
    number = str(chance.choice([chance.randint(1, 9), chance.randint(10, 99), chance.randint(100, 4999)]))
    if len(number) == 1:
        number = f"0{number}"
    letter = not short
    if letter:
        part = chance.choice(("VP", "TH", "NC", "KT", "TCCB", "QLĐT"))
        notation = f"CV/{body.abbreviation}" if body.party else f"{body.abbreviation}-{part}"
    elif body.party:
        notation = f"{short}/{body.abbreviation}"
    elif kind in {"Thông tư", "Nghị định"} or (chance.random() < 0.1 and year > 1996):
        notation = f"{year}/{short}-{body.abbreviation}"
    else:
        notation = f"{short}-{body.abbreviation}"
    authority, position, position_name = chance.choice(words.party_signers if body.party else words.signers)
    subject = chance.choice(words.subjects)
    prefix = "" if letter else chance.choice(("Về việc ", "", "V/v "))
    shown = f"{prefix}{subject}" if prefix else subject[:1].upper() + subject[1:]
    named = body.lines if kind in {"Quyết định", "Chỉ thị"} and not body.party and chance.random() < 0.12 else ()
    return Paper(
        superior=body.superior,
        body=body.lines,
        organ=body.name,
        number=number,
        notation=notation,
        place=body.place,
        day=(chance.randint(1, 28), chance.randint(1, 12), year),
        type="Công văn" if letter else kind,
        subject=subject if letter else shown,
        authority=authority,
        position=position,
        position_name=position_name,
        signer=chance.choice(words.names),
        first=chance.choice(words.firsts),
        paragraphs=tuple(chance.sample(list(words.paragraphs), 3)),
        letter=letter,
        party=body.party,
        named=(f"CỦA {named[0]}", *named[1:]) if named else (),
        english=(body.english, words.english.get(kind, ""), words.english.get(subject, "")),
    )


def without_number(paper: Paper, chance: random.Random) -> Paper:
    """`paper` whose number, and perhaps day, was left blank or is written by hand, legibly or not."""
    by_hand = chance.random() < 0.8
    legible = paper.number if by_hand and chance.random() < 0.6 else ""
    return replace(paper, number="", by_hand=by_hand, hand_number=legible, day_by_hand=chance.random() < 0.5)
