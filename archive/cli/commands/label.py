"""`luutru label`: how open a fonds, a dossier or a document is."""

from __future__ import annotations

from contextlib import suppress

import click

from archive.auth.people import Label
from archive.catalogue.labels import Labelled
from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from metadata.messages import text
from search.errors import SearchFaultError

label = LazyGroup("label", lazy={"set": f"{__name__}:set_label", "show": f"{__name__}:show"}, help=words("label.help"))


@command("set", group="label")
@click.argument("identifier")
@click.argument("label", type=click.Choice([label.value for label in Label]))
@option("--fonds", key="label.fonds", default=None)
@option("--reason", key="label_set.reason", required=True)
@option("--operator", key="option.operator", default=operator_name)
def set_label(speak: Speaker, identifier: str, label: str, fonds: str | None, reason: str, operator: str) -> int:
    """See the message `label_set.help`."""
    with Archive.opened() as archive:
        for on in _named(archive, identifier, fonds):
            line = archive.rights.label(on, Label(label), reason, by=operator)
            said = {name: text(f"rights.label.{line[name]}", speak.language) for name in ("label", "effective")}
            speak.line(line, speak.text("label_set.done", subject=on.subject, dossiers=line["dossiers"], **said))
            if "change" in line:
                speak.say("label_set.alarms", change=line["change"])
        # Until the index has it, nobody but the machine's operator finds what was labelled.
        with suppress(SearchFaultError):
            archive.indexing.catch_up()
        archive.seal()
    return int(ExitCode.OK)


@command("show", group="label")
@click.argument("identifier")
@option("--fonds", key="label.fonds", default=None)
def show(speak: Speaker, identifier: str, fonds: str | None) -> int:
    """See the message `label_show.help`."""
    with Archive.opened() as archive:
        for on in _named(archive, identifier, fonds):
            label = archive.rights.target_of(on).label
            speak.line(
                {"subject": on.subject, "label": label.value},
                f"{on.subject}  {text(f'rights.label.{label.value}', speak.language)}",
            )
    return int(ExitCode.OK)


def _named(archive: Archive, identifier: str, fonds: str | None) -> list[Labelled]:
    """A fonds of the agency `identifier`, else what the identifier names in the holding."""
    if fonds is not None:
        return [Labelled.of_fonds(identifier, fonds)]
    return [Labelled.of_place(place) for place in archive.catalogue.find(identifier)]
