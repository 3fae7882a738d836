"""Shared by all suites: modules of tests/fixtures are plugins; examples of hypothesis are the same in every run;
the tests of a file stay together.
"""

from __future__ import annotations

import gc
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
