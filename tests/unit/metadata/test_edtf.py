"""Times of PREMIS events."""

from __future__ import annotations

import pytest

from metadata.edtf import is_edtf


@pytest.mark.parametrize(
    "text",
    [
        *("2026", "2026-12", "2026-12-01", "2026-12-01T09:03Z", "2026-12-01T09:03:04.567+07:00"),
        *("2026-12-01/2026-12-02", "../2026-12-01", "2026-12-01T09:03:04Z/..", "1998-05/2026-12-01T09:03:04Z"),
    ],
)
def test_instants_partial_dates_and_intervals_are_times(text: str) -> None:
    assert is_edtf(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026-13", "2026-02-30", "2026-12-01T25:00Z", "2026-12-01 09:03", "01/12/2026"),
        *("2026-12-01T09:03", "..", "../..", "/2026", "2026/", "2026/2027/2028", "2026-12-01\n", "２０２６"),
    ],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert not is_edtf(text)
