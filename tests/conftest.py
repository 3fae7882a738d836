"""Shared by all suites: modules of tests/fixtures are plugins; examples of hypothesis are the same in every run;
the tests of a file stay together.
"""

from __future__ import annotations

import gc
import zlib
from pathlib import Path

import pytest
from hypothesis import settings

# A failure has to be there again in the next run. `make soak` looks for new ones with twenty times as many examples.
settings.register_profile("ci", max_examples=50, derandomize=True, deadline=None, print_blob=True)
settings.register_profile("nightly", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("ci")

pytest_plugins = sorted(
    f"tests.fixtures.{path.stem}"
    for path in (Path(__file__).parent / "fixtures").glob("*.py")
    if path.stem != "__init__"
)


_LONGEST_NAME = 200


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A text of ten megabytes is called by its length: names go from process to process with every report."""
    if not isinstance(val, str | bytes) or len(val) <= _LONGEST_NAME:
        return None
    data = val.encode("utf-8", "surrogatepass") if isinstance(val, str) else val
    return f"{argname}-of-{len(val)}-{zlib.crc32(data):08x}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two processes that share the tests of one file would both make what its tests share (ADR 0498)."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(f"{item.path.parent.name}.{item.path.stem}"))


def pytest_collection_finish() -> None:
    """Eight thousand tests and what they imported stay to the end: no look for garbage has to walk over them."""
    gc.collect()
    gc.freeze()
