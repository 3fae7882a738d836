"""What `signatures replay` tells, and with which exit code it ends."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from archive.cli.commands.signatures_replay import _code, _tell
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.services.replaying import Replayed

ENGINE = "luutru-signatures 1"
VERDICT = {"field": "ChuKy1", "signer": "Nguyễn Văn Minh", "indication": "TOTAL_PASSED", "engine": ENGINE}
OTHER = {**VERDICT, "field": "ChuKy2"}
DIFFERENCE = {"signature": "ChuKy2", "key": "indication", "kept": "TOTAL_PASSED", "now": "INDETERMINATE"}


def told(answer: Replayed, *, as_json: bool = True) -> str:
    out = io.StringIO()
    _tell(Speaker(as_json, "vi", out, io.StringIO()), answer)
    return out.getvalue()


def lines(answer: Replayed) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told(answer).splitlines()]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Replayed("a", (VERDICT,), same=True, engine=ENGINE), ExitCode.OK),
        (Replayed("a", (), same=True), ExitCode.OK),
        (Replayed("a", (VERDICT,), same=None, note="first release"), ExitCode.INDETERMINATE),
        (Replayed("a", (VERDICT,), same=False, differences=(DIFFERENCE,), engine=ENGINE), ExitCode.REJECTED),
        (Replayed("a", (VERDICT,), same=False, differences=(DIFFERENCE,), engine="newer 2"), ExitCode.INDETERMINATE),
        (Replayed("a", (VERDICT,), same=False, altered=("original a: altered",), engine="newer 2"), ExitCode.REJECTED),
    ],
)
def test_what_was_altered_is_false_and_what_a_newer_engine_sees_otherwise_is_open(
    answer: Replayed, code: ExitCode
) -> None:
    assert _code(answer) is code


def test_a_newer_engine_shows_both_verdicts_and_where_they_differ() -> None:
    now = (VERDICT, {**OTHER, "indication": "INDETERMINATE"})
    answer = Replayed("a", (VERDICT, OTHER), same=False, differences=(DIFFERENCE,), now=now, engine="newer 2")
    first, second = lines(answer)
    assert (first["differences"], second["differences"]) == ([], [DIFFERENCE])
    assert (second["indication"], second["now"]["indication"]) == ("TOTAL_PASSED", "INDETERMINATE")
    assert (second["engine"], second["engine_now"]) == (ENGINE, "newer 2")


def test_an_unsigned_file_is_one_line_without_a_signature() -> None:
    assert lines(Replayed("a", (), same=True)) == [{"file": "a", "signature": None, "same": True}]


def test_people_read_what_was_altered() -> None:
    answer = Replayed("a", (VERDICT,), same=False, altered=("original a: altered",), engine=ENGINE)
    words = told(answer, as_json=False)
    assert "KHÁC kết luận đã lưu" in words
    assert "original a: altered" in words
