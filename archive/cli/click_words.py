"""What click says itself, in the language of this process: headings of help, and what is wrong with a call.

Click asks `gettext`, whose catalogues are compiled files in folders of the system. Ours is `click.toml` beside all
other messages; its English side is what click asks for.
"""

from __future__ import annotations

from typing import Final

from click import core, decorators, exceptions, formatting, parser, types

from metadata.messages import catalogue

_PLACES: Final = (core, decorators, exceptions, formatting, parser, types)
"""Modules of click that ask; each has the functions of `gettext` under names of its own."""


def speak(language: str) -> None:
    """From now on click's words are those of `language`; what has none there stays English."""
    known = {said["en"]: said[language] for key, said in catalogue().items() if key.startswith("click.")}

    def one(message: str) -> str:
        return known.get(message, message)

    def counted(singular: str, plural: str, number: int) -> str:
        return one(singular if number == 1 else plural)

    for place in _PLACES:
        for name, function in (("_", one), ("ngettext", counted)):
            if hasattr(place, name):
                setattr(place, name, function)
