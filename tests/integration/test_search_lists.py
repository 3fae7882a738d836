"""What an answer tells beside its documents, on the command line: counts, pages behind each other, reasons."""

from __future__ import annotations

import pytest

from tests.fixtures.homes import Filled

pytestmark = pytest.mark.xdist_group("cli-home")


def test_facets_are_a_last_line_for_who_asks_for_them(filled: Filled) -> None:
    (*documents, beside) = filled.command.json("search", "", "--facet", "type", "--facet", "quality")
    assert all("package_id" in line for line in documents)
    assert set(beside) == {"total", "facets", "next"}
    types, quality = beside["facets"]
    assert (types["name"], types["label"]) == ("type", "Loại văn bản")
    assert sum(value["documents"] for value in types["values"]) == beside["total"] == len(documents)
    assert {"văn bản điện tử, không qua nhận dạng"} <= {value["label"] for value in quality["values"]}
    said = filled.command.run("search", "", "--facet", "type", "--lang", "en")
    assert "Document type" in said.out
    assert all("package_id" in line for line in filled.command.json("search", ""))


def test_a_chosen_value_narrows_the_answer(filled: Filled) -> None:
    (*_, beside) = filled.command.json("search", "", "--facet", "year")
    for value in beside["facets"][0]["values"]:
        lines = filled.command.json("search", "", "--chosen", f"year={value['value']}")
        assert len(lines) == value["documents"]
        assert all(line["issued"].startswith(value["value"]) for line in lines)
    assert filled.command.json("search", "", "--chosen", "year=1066") == []


@pytest.mark.parametrize("sort", ["relevance", "-date", "title"])
def test_a_list_is_gone_through_page_by_page(filled: Filled, sort: str) -> None:
    whole = filled.command.json("search", "ke hoach", "--sort", sort)
    seen, after = [], ""
    for _ in whole:
        (*lines, beside) = filled.command.json("search", "ke hoach", "--sort", sort, "--limit", 1, "--after", after)
        seen += lines
        after = beside["next"]
    assert seen == whole
    assert after is None


def test_each_document_says_why_it_stands_there(filled: Filled) -> None:
    line = filled.command.json("search", "1002/qd-ubnd", "--explain")[0]
    assert line["why"][0]["key"] == "search.why.exact_number"
    assert sum(reason["score"] for reason in line["why"]) == pytest.approx(line["score"], abs=0.01)
    said = filled.command.run("search", "1002/qd-ubnd", "--explain", "--lang", "vi")
    assert "đúng số, ký hiệu hoặc mã đã gõ" in said.out


@pytest.mark.parametrize(
    "arguments",
    [("--facet", "colour"), ("--chosen", "noequals"), ("--chosen", "colour=red"), ("--after", "x")],
    ids=" ".join,
)
def test_what_does_not_exist_is_a_wrong_request(filled: Filled, arguments: tuple[str, ...]) -> None:
    assert filled.command.run("search", "x", *arguments).code == 2
