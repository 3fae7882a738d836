"""How commands speak: data on standard output, words on standard error, in the language that was asked for."""

from __future__ import annotations

import json
import locale
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from metadata.errors import ArchiveError
from metadata.messages import LANGUAGES, catalogue, text

DEFAULT_LANGUAGE = "vi"


def language_of(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language of words: `--lang`, else `LUUTRU_LANG`, else the locale when it is English, else Vietnamese."""
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments) and arguments[position + 1] in LANGUAGES:
            return arguments[position + 1]
        if argument.startswith("--lang=") and argument.removeprefix("--lang=") in LANGUAGES:
            return argument.removeprefix("--lang=")
    for name in ("LUUTRU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(name, "")
        if value[:2] in LANGUAGES:
            return value[:2]
    return DEFAULT_LANGUAGE


def process_language() -> str:
    """The language of this process."""
    return language_of(sys.argv[1:], os.environ)


@dataclass(frozen=True, slots=True)
class Speaker:
    """One command's voice."""

    as_json: bool
    language: str
    out: TextIO
    err: TextIO

    def line(self, data: Mapping[str, Any], words: str = "") -> None:
        """One result: a JSON line, or `words` for people."""
        if self.as_json:
            print(json.dumps(data, ensure_ascii=False), file=self.out, flush=True)
        elif words:
            print(words, file=self.out, flush=True)

    def say(self, key: str, **values: object) -> None:
        """Words for people, on standard error."""
        print(text(f"cli.{key}", self.language, **values), file=self.err, flush=True)

    def failed(self, what: object, error: ArchiveError) -> None:
        """That one of several items could not be done: what is wrong in words, then the error's own."""
        key = f"cli.error.{error.code.replace('.', '_')}"
        why = f"{text(key, self.language)} ({error})" if key in catalogue() else str(error)
        self.say("failed", what=what, why=why)

    def text(self, key: str, **values: object) -> str:
        """Words of the catalogue."""
        return text(f"cli.{key}", self.language, **values)


def speaker(*, as_json: bool, language: str | None) -> Speaker:
    """A speaker on the process's own streams; bytes that the terminal cannot show are replaced, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(encoding="utf-8", errors="replace")
    locale.setlocale(locale.LC_CTYPE, "")
    return Speaker(as_json, language or process_language(), sys.stdout, sys.stderr)
