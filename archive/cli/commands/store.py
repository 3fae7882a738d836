"""`luutru store`: where the paper of stored dossiers lies."""

from __future__ import annotations

import click

from archive.catalogue.described import Described
from archive.cli.command import command
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.services.store_places import StorePlaces
from metadata.physical import LEVELS, StorePlace, place_of_key


@command("store")
@click.argument("place", required=False)
def store(speak: Speaker, place: str | None) -> int:
    """See the message `store.help`."""
    wanted = StorePlace()
    if place is not None:
        try:
            wanted = place_of_key(place)
        except ValueError as error:
            raise click.UsageError(speak.text("store.no_place", place=place)) from error
    with Archive.opened() as archive:
        places = StorePlaces(Described(archive.database))
        if place is None:
            _tree(speak, places)
        else:
            _at(speak, places, wanted)
    return int(ExitCode.OK)


def _tree(speak: Speaker, places: StorePlaces) -> None:
    for found in places.tree():
        level, value = found.place.path[-1]
        line = {"place": found.place.key, **_levels(found.place), "dossiers": found.dossiers}
        words = speak.text("store.branch", level=speak.text(f"store.{level}"), value=value, dossiers=found.dossiers)
        speak.line(line, "  " * found.depth + words)


def _at(speak: Speaker, places: StorePlaces, wanted: StorePlace) -> None:
    for kept in places.at(wanted):
        line = {
            "package_id": kept.dossier_id,
            "file_code": kept.file_code,
            "title": kept.title,
            "place": kept.place.key,
            **_levels(kept.place),
            "paper_file_code": kept.place.paper_file_code,
        }
        speak.line(line, f"{kept.place.key}  {kept.file_code}  {kept.title}")


def _levels(place: StorePlace) -> dict[str, str]:
    return {level: getattr(place, level) for level in LEVELS}
