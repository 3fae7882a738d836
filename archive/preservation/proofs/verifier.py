"""`luutru-verify.pyz`: checks proofs on a bare Python, without network (built by `scripts/build_verifier.py`).

Runs the same steps as `luutru verify`, but for one: it has no reader of PDF and
XML structure, so it compares the facts that are kept with the bytes and uses them.
"""

from __future__ import annotations

import argparse
import locale
import sys
from collections.abc import Sequence
from pathlib import Path

from archive.clock import SystemClock
from archive.preservation.proofs.steps import EXIT_CODES
from archive.preservation.proofs.telling import lines
from archive.preservation.proofs.verification import Auditor, check
from archive.preservation.trust.sets import TrustSnapshot
from metadata.errors import UsageError
from metadata.messages import LANGUAGES, text

_USAGE, _FAULT = 2, 4
_GRAVEST_FIRST = (_FAULT, 3, 6, _USAGE, 0)


def main(arguments: Sequence[str]) -> int:
    """Check the proofs that `arguments` name; the contract's exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    language = _language(arguments)
    called = _parser(language).parse_args(arguments)
    try:
        trust = TrustSnapshot.from_folder(called.trust) if called.trust else TrustSnapshot(())
    except UsageError as error:
        return _complain("unreadable", language, what=called.trust, why=error)
    for warning in trust.warnings:
        _complain("ignored", language, what=warning)
    auditor = Auditor(trust.anchors(), SystemClock().now())
    codes = []
    for path in called.proofs:
        if not path.is_file():
            codes.append(_complain("missing", language, what=path))
            continue
        try:
            with path.open("rb") as stream:
                report = check(stream, auditor)
        except OSError as error:
            _complain("unreadable", language, what=path, why=error.strerror)
            codes.append(_FAULT)
            continue
        for line in lines(report, language, as_json=called.json):
            print(line, flush=True)  # noqa: T201 - this is the command's standard output
        codes.append(EXIT_CODES[report.ok])
    return next(code for code in _GRAVEST_FIRST if code in codes)


def _language(arguments: Sequence[str]) -> str:
    for position, argument in enumerate(arguments):
        if argument == "--lang" and arguments[position + 1 : position + 2]:
            return arguments[position + 1] if arguments[position + 1] in LANGUAGES else LANGUAGES[0]
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        return LANGUAGES[0]
    return "en" if (locale.getlocale(locale.LC_CTYPE)[0] or "").startswith("en") else LANGUAGES[0]


def _parser(language: str) -> argparse.ArgumentParser:
    def words(key: str) -> str:
        return text(f"proofs.verifier.{key}", language)

    parser = argparse.ArgumentParser(prog="luutru-verify", description=words("description"))
    parser.add_argument("proofs", nargs="+", metavar="PROOF.zip", type=Path, help=words("proof"))
    parser.add_argument("--trust", type=Path, metavar="DIR", help=words("trust"))
    parser.add_argument("--json", action="store_true", help=words("json"))
    parser.add_argument("--lang", choices=LANGUAGES, help=words("lang"))
    return parser


def _complain(key: str, language: str, **values: object) -> int:
    sys.stderr.write(text(f"proofs.verifier.{key}", language, **values) + "\n")
    return _USAGE
