from __future__ import annotations

import pytest

from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.speech import language_of
from archive.errors import DatabaseFaultError, NoHomeError, SettingsError
from metadata.errors import ArchiveError, NotFoundError, ToolMissingError
from search.errors import SearchRequestError
from storage.errors import StorageFaultError


def test_the_gravest_code_counts_in_the_order_of_the_contract() -> None:
    order = [ExitCode.FAULT, ExitCode.REJECTED, ExitCode.INDETERMINATE, ExitCode.NOT_FOUND, ExitCode.USAGE]
    for position, code in enumerate(order):
        assert gravest([ExitCode.OK, *order[position:]]) is code
    assert gravest([]) is ExitCode.OK


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoHomeError("x"), ExitCode.USAGE),
        (SettingsError("x"), ExitCode.USAGE),
        (SearchRequestError("field", "x"), ExitCode.USAGE),
        (NotFoundError("x"), ExitCode.NOT_FOUND),
        (ToolMissingError("tesseract"), ExitCode.FAULT),
        (DatabaseFaultError("x"), ExitCode.FAULT),
        (StorageFaultError("key", "disk full"), ExitCode.FAULT),
    ],
)
def test_an_error_means_its_code(error: ArchiveError, code: ExitCode) -> None:
    assert code_of(error) is code


def test_vietnamese_unless_english_is_asked_for() -> None:
    assert language_of([], {}) == "vi"
    assert language_of([], {"LANG": "C.UTF-8"}) == "vi"
    assert language_of([], {"LANG": "en_US.UTF-8"}) == "en"
    assert language_of(["search", "x", "--lang", "vi"], {"LANG": "en_US.UTF-8"}) == "vi"
    assert language_of(["--lang=en"], {"LANG": "vi_VN.UTF-8"}) == "en"
    assert language_of([], {"LANG": "en_US.UTF-8", "LUUTRU_LANG": "vi"}) == "vi"
