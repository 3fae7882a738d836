"""What all commands have in common: `--json`, `--lang`, help in the language of the caller, an example."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

import click

from archive.cli.speech import process_language, speaker
from metadata.messages import catalogue, text

Decorator = Callable[[Callable[..., Any]], click.Command]


def words(key: str) -> str:
    """A message of the command line in the language of this process."""
    return text(f"cli.{key}", process_language())


def option(*names: str, key: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: ANN401
    """A click option whose help is the message `key`."""
    return click.option(*names, help=words(key), **attributes)


def command(name: str, *, group: str = "") -> Decorator:
    """A command called `name`: help and example from the catalogue, `--json` and `--lang` added.

    The function gets a `Speaker` as first argument `speak`.
    """
    key = f"{group}_{name}" if group else name

    def decorate(function: Callable[..., Any]) -> click.Command:
        def run(*, as_json: bool, lang: str | None, **arguments: Any) -> Any:  # noqa: ANN401
            return function(speaker(as_json=as_json, language=lang), **arguments)

        run.__click_params__ = list(getattr(function, "__click_params__", []))  # type: ignore[attr-defined]
        made = click.command(
            name, help=words(f"{key}.help"), epilog=_example(key), options_metavar=words("option.metavar")
        )(run)
        made.params += [
            click.Option(["--json", "as_json"], is_flag=True, help=words("option.json")),
            click.Option(["--lang"], type=click.Choice(["vi", "en"]), help=words("option.lang")),
        ]
        return made

    return decorate


def _example(key: str) -> str:
    return f"\b\n{words('option.example')}\n  {words(f'{key}.example')}"


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def __init__(self, *arguments: Any, lazy: Mapping[str, str], **attributes: Any) -> None:  # noqa: ANN401
        attributes["options_metavar"] = words("option.metavar")
        attributes["subcommand_metavar"] = words("option.command_metavar")
        super().__init__(*arguments, **attributes)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """See `click.Group.list_commands`."""
        return [*super().list_commands(ctx), *self._lazy]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """See `click.Group.get_command`."""
        where = self._lazy.get(cmd_name)
        if where is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = where.partition(":")
        return cast("click.Command", getattr(importlib.import_module(module), attribute))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their short help from the catalogue, importing none of them."""
        del ctx
        rows = []
        for name in self._lazy:
            key = f"cli.{name}.help" if self.name == "luutru" else f"cli.{self.name}_{name}.help"
            if key in catalogue():
                rows.append((name, text(key, process_language()).split(". ")[0].rstrip(".")))
        with formatter.section(text("click.commands", process_language())):
            formatter.write_dl(rows)
