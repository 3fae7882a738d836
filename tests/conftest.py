"""Shared by all suites: modules of tests/fixtures are plugins; examples of hypothesis are the same in every run."""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings

# A failure has to be there again in the next run. `make soak` looks for new ones with ten times as many examples.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("nightly", max_examples=1000, deadline=None, print_blob=True)
settings.load_profile("ci")

pytest_plugins = sorted(
    f"tests.fixtures.{path.stem}"
    for path in (Path(__file__).parent / "fixtures").glob("*.py")
    if path.stem != "__init__"
)
