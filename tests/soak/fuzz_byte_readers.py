"""One fuzzer process: `fuzz_byte_readers.py TARGET libFuzzer-arguments…`; started by `test_fuzz.py`.

atheris never returns from its loop and ends the process itself, so that it
cannot run inside a test.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["archive.preservation.signatures"]):
    from tests.generators.byte_targets import TARGETS


def main() -> None:
    read = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
