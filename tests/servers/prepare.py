"""Builds and fetches what the tests' judges and providers are made of: a part of the installation, done once.

What cannot be had now is told, and asked for again by the tests that need it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.fixtures import bouncycastle, commons_ip, eark_validator, ets_report, ocfl_judge, verapdf
from tests.generators.npm import CACHE, installed

_BY_MAVEN: Mapping[str, Callable[[], Path]] = {
    "bouncycastle": bouncycastle.built,
    "commons-ip": commons_ip.built,
    "ets-report": ets_report.fetched,
    "veraPDF": verapdf.built,
}
_OTHERS: Mapping[str, Callable[[], Path]] = {
    "eark-validator": eark_validator.built,
    "ocfl-py": ocfl_judge.installed,
    "axe": partial(installed, "axe"),
    "oidc-provider": partial(installed, "oidc"),
}


def _made(parts: Mapping[str, Callable[[], Path]]) -> bool:
    """One after the other: two Mavens would write to one repository. Whether all are there."""
    missing = 0
    for name, make in parts.items():
        try:
            make()
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - whatever it is, the test that needs it says more
            print(f"prepare: {name}: {str(error)[-500:]}", file=sys.stderr)
            missing += 1
    return not missing


def main() -> None:
    """Make all; a mark in `.cache` says that all are there."""
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(_made, (_BY_MAVEN, _OTHERS)))
    if all(done):
        CACHE.mkdir(exist_ok=True)
        (CACHE / "prepared").touch()


if __name__ == "__main__":
    main()
