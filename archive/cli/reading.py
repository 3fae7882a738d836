"""What a person says of a delivery on the command line, beside what it says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

import click

from archive.cli.command import option
from ingest.ports import Reading
from metadata.descriptions import RecordStatus
from metadata.heading_mapping import MAX_BYTES, read_mapping


def reading_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `--register`, `--supplement`, `--replacement`, `--mapping` and `--accept-suggestions`."""
    existing = click.Path(path_type=Path, exists=True, dir_okay=False)
    for decorate in (
        option("--mapping", key="option.mapping", type=existing),
        option("--accept-suggestions", key="option.accept_suggestions", is_flag=True),
        option("--replacement", key="option.replacement", is_flag=True),
        option("--supplement", key="option.supplement", is_flag=True),
        option("--register", key="option.register", is_flag=True),
    ):
        function = decorate(function)
    return function


class Said(TypedDict):
    """Values of the options that `reading_options` adds."""

    register: bool
    supplement: bool
    replacement: bool
    mapping: Path | None
    accept_suggestions: bool


def reading_of(said: Said) -> Reading:
    """What the options say.

    Raises:
        click.UsageError: supplement and replacement at once.
        MappingInvalidError: the mapping cannot be used.
        OSError: it cannot be read.
    """
    supplement, replacement, mapping = said["supplement"], said["replacement"], said["mapping"]
    if supplement and replacement:
        msg = "--supplement, --replacement"
        raise click.UsageError(msg)
    status = RecordStatus.SUPPLEMENT if supplement else RecordStatus.REPLACEMENT if replacement else None
    reading = Reading(register=said["register"], status=status, accept_suggestions=said["accept_suggestions"])
    if mapping is None:
        return reading
    with mapping.open("rb") as stream:
        return replace(reading, mapping=read_mapping(stream.read(MAX_BYTES + 1)))
