"""The request of a DIP: seven fields, by word or code, from the command line or a file; every fault told at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from archive.dissemination.request_files import request_of
from archive.dissemination.requests import RequestRefusedError, request_values

TODAY = date(2026, 12, 1)


def values(**told: str) -> dict[str, str]:
    return dict(request_values(told, request_id="uuid-1", today=TODAY))


def test_what_is_not_told_is_its_own_identifier_and_today_and_nothing_else() -> None:
    assert values() == {"requestID": "uuid-1", "requestDate": "01/12/2026"}


@pytest.mark.parametrize("written", ["02", "2", "Công vụ", "công vụ", "cong vu"])
def test_a_code_list_takes_code_and_word(written: str) -> None:
    assert values(purpose=written)["purpose"] == "02"


@pytest.mark.parametrize("name", ["requestDate", "request_date", "REQUEST-DATE"])
def test_a_field_is_known_by_element_and_key(name: str) -> None:
    assert values(**{name: "5/3/2026"})["requestDate"] == "05/03/2026"


def test_the_order_is_the_circulars() -> None:
    told = values(description="c", research_topic="b", purpose="01", purpose_content="a", feeObjectType="01")
    assert list(told) == [
        *("requestID", "requestDate", "purpose", "purposeContent"),
        *("feeObjectType", "researchTopic", "description"),
    ]


def test_every_fault_is_told_at_once_in_both_languages() -> None:
    with pytest.raises(RequestRefusedError) as refused:
        values(purpose="giải trí", requestDate="03/2026", researchTopic="x" * 251, ten="Lan")
    problems = refused.value.problems
    assert len(problems) == 4
    assert all(" · " in problem for problem in problems)
    for word in ("giải trí", "03/2026", "251", "“ten”"):
        assert any(word in problem for problem in problems), word


def test_an_empty_value_is_no_value() -> None:
    assert "purpose" not in values(purpose="  ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("yeu-cau.toml", 'requestID = "YC-1"\nrequestDate = 2026-11-30\npurpose = "01"\n'),
        ("a.json", '\ufeff{"requestID": "YC-1", "requestDate": "30/11/2026", "purpose": "01", "description": null}'),
    ],
)  # fmt: skip
def test_a_file_tells_it_and_the_command_line_comes_first(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert request_of(path, ["purpose=02", "researchTopic=a=b"]) == {
        "requestID": "YC-1",
        "requestDate": "30/11/2026",
        "purpose": "02",
        "researchTopic": "a=b",
    }


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.toml", b"requestID = "),
        ("a.json", b"[1, 2]"),
        ("a.json", b'{"purpose": ["01"]}'),
        ("a.json", b"[" * 100_000),
        ("a.toml", b"\xff\xfe"),
        ("a.toml", b"# " + b"x" * (1 << 20)),
    ],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(RequestRefusedError):
        request_of(path, [])


def test_a_field_without_a_value_is_told() -> None:
    with pytest.raises(RequestRefusedError):
        request_of(None, ["purpose"])
