"""How what a process does ends: with the exit code of the contract, whatever happens, and words on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from archive.cli.exit_codes import ExitCode, code_of
from archive.cli.speech import process_language
from metadata.errors import ArchiveError
from metadata.messages import text


def told(run: Callable[[], int | None]) -> int:
    """The exit code of `run`; what it raises is told."""
    try:
        code = run()
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return int(ExitCode.USAGE)
    except click.exceptions.Abort:
        return 130
    except BrokenPipeError:
        # The reader of our output went away; nothing is wrong, and Python's own complaint would be noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.OK)
    except ArchiveError as error:
        key = f"cli.error.{error.code.replace('.', '_')}"
        _complain(key, str(error))
        return int(code_of(error))
    except Exception as error:  # noqa: BLE001 - a defect of ours is a fault of the system, told with its place
        if isinstance(error, OSError):
            _complain("cli.error.system", str(error))
        else:
            import traceback  # noqa: PLC0415 - starting is measured, and defects are few

            traceback.print_exc()
            _complain("cli.error.other", f"{type(error).__name__}: {error}")
        return int(ExitCode.FAULT)
    return int(code or 0)


def _complain(key: str, detail: str) -> None:
    language = process_language()
    try:
        said = text(key, language)
    except KeyError:
        said = text("cli.error.other", language)
    sys.stderr.write(f"luutru: {said} ({detail})\n")
