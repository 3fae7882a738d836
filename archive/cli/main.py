"""The command `luutru`."""

from __future__ import annotations

import sys

import click

from archive.cli.click_words import speak
from archive.cli.command import LazyGroup, words
from archive.cli.running import told
from archive.cli.speech import process_language
from archive.version import VERSION

_COMMANDS = "archive.cli.commands"
_WHERE = {
    "init": f"{_COMMANDS}.init:init",
    "template": f"{_COMMANDS}.template:template",
    "check": f"{_COMMANDS}.check:check",
    "ingest": f"{_COMMANDS}.ingest:ingest",
    "approve": f"{_COMMANDS}.decisions:approve",
    "return": f"{_COMMANDS}.decisions:give_back",
    "jobs": f"{_COMMANDS}.jobs:jobs",
    "search": f"{_COMMANDS}.search:search",
    "show": f"{_COMMANDS}.show:show",
    "export": f"{_COMMANDS}.export:export",
    "report": f"{_COMMANDS}.report:report",
    "store": f"{_COMMANDS}.store:store",
    "convert-profile": f"{_COMMANDS}.convert_profile:convert_profile",
    "edxml": f"{_COMMANDS}.edxml:edxml",
    "signatures": f"{_COMMANDS}.signatures:signatures",
    "trust": f"{_COMMANDS}.trust:trust",
    "authority": f"{_COMMANDS}.authority:authority",
    "agency": f"{_COMMANDS}.agency:agency",
    "label": f"{_COMMANDS}.label:label",
    "rights": f"{_COMMANDS}.rights:rights",
    "verify": f"{_COMMANDS}.verify:verify",
    "evidence": f"{_COMMANDS}.evidence:evidence",
    "fixity": f"{_COMMANDS}.fixity:fixity",
    "index": f"{_COMMANDS}.rebuild:index",
    "catalogue": f"{_COMMANDS}.rebuild:catalogue",
    "audit": f"{_COMMANDS}.audit:audit",
    "user": f"{_COMMANDS}.user:user",
    "serve": f"{_COMMANDS}.serve:serve",
    "worker": f"{_COMMANDS}.worker:worker",
    "doctor": f"{_COMMANDS}.doctor:doctor",
}


def make_group() -> click.Group:
    """The command group with its help in the language of this process."""
    speak(process_language())
    group = LazyGroup("luutru", lazy=_WHERE, help=words("luutru.help"), context_settings={"max_content_width": 110})
    return click.version_option(VERSION, prog_name="luutru")(group)


def main() -> None:
    """Run the command line; ends the process with the contract's exit code."""
    sys.exit(told(lambda: make_group().main(standalone_mode=False)))


if __name__ == "__main__":
    main()
