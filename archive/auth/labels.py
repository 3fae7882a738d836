"""The label that a description has at first, told by its mode of use (`labels.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from archive.auth.people import Label
from metadata.descriptions import Description
from metadata.profiles.vocabularies import fold

MODE_KEYS = ("mode", "rights")
"""Fields that hold the mode of use: of documents, of dossiers."""


@cache
def _labels() -> Mapping[str, Label]:
    table = tomllib.loads((files(__package__) / "labels.toml").read_text(encoding="utf-8"))
    found: dict[str, Label] = {}
    for entry in table["words"]:
        label = Label(entry["label"])
        for word in (*entry["words"], *entry["codes"], *(code.lstrip("0") for code in entry["codes"])):
            found[fold(word)] = label
        for code in entry["codes"]:
            found |= {fold(f"{code} {word}"): label for word in entry["words"]}
    return found


def label_of_words(mode: str) -> Label | None:
    """The label that `mode`, a word or code of a mode of use, stands for; None: it says nothing that is known."""
    return _labels().get(fold(mode)) if mode.strip() else None


def fonds_of(dossier: Description) -> str:
    """By what a fonds is known: its code, else its name; empty where the dossier tells none."""
    return dossier.value("fonds_code") or dossier.value("fonds_name")


def declared_label(description: Description) -> Label | None:
    """What `description` says of its own openness; the strictest of its fields, None where they say nothing known."""
    said = [label_of_words(description.value(key)) for key in MODE_KEYS]
    told = [label for label in said if label is not None]
    return max(told, key=lambda label: label.rank) if told else None
