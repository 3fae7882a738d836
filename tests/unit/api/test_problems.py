"""Errors as problem documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.api.problems import STATUS, ApiError, status_of, title_of
from metadata.errors import ArchiveError, NotFoundError
from metadata.messages import LANGUAGES

ROOT = Path(__file__).parents[3]
CODE = re.compile(r'^    code(?:: ClassVar\[str\])? = "([a-z_.]+)"', re.MULTILINE)


def test_every_code_of_the_program_has_its_status() -> None:
    codes = {
        code
        for room in ("archive", "ingest", "storage", "search", "metadata")
        for path in (ROOT / room).rglob("*.py")
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 30
    assert codes - set(STATUS) == set()


def test_an_unlisted_fault_is_told_like_its_ancestor() -> None:
    class LostError(NotFoundError):
        code = "shelf.lost"

    class UnheardOfError(ArchiveError):
        code = "shelf.unheard_of"

    assert status_of(LostError("x")) == 404
    assert status_of(UnheardOfError()) == 500


@pytest.mark.parametrize("language", LANGUAGES)
def test_faults_and_wrong_calls_have_a_title_that_tells_them_apart(language: str) -> None:
    titles = {code: title_of(code, language) for code in STATUS}
    assert all(titles.values())
    assert titles["archive.usage"] != titles["archive.fault"]
    assert status_of(ApiError("api.range")) == 416
