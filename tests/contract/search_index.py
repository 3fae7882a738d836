"""What finding documents means: one suite that every backend passes, on the real engine."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from search.errors import SearchRequestError
from search.facets import FACETS
from search.ports import IndexedDocument, SearchIndex, SearchRequest

_TEXTS = (
    *("agency", "title", "dossier_title", "doc_code", "file_code", "number", "type_name", "organ_name"),
    *("issued", "signer", "fonds", "retention", "language", "rights", "keywords"),
)


def document(package: str, **values: Any) -> IndexedDocument:  # noqa: ANN401 - the fields of IndexedDocument
    """A document whose only words are those given."""
    ordinal = values.pop("ordinal", 1)
    plain: dict[str, Any] = dict.fromkeys(_TEXTS, "")
    plain |= {"document_id": f"{package}/{ordinal}", "package_id": package, "ordinal": ordinal}
    plain |= {"fields": {}, "pages": ()}
    return IndexedDocument(**(plain | values))


HOLDING = (
    document(
        "d1",
        number="123/QĐ-UBND",
        type_name="Quyết định",
        organ_name="UBND tỉnh A",
        agency="UBND.A",
        title="Quyết định phê duyệt kế hoạch",
        pages=["Căn cứ Luật Tổ chức chính quyền địa phương", "Trang hai nói về hoà bình và thuỷ lợi"],
        issued="2020-01-15",
        access=("u1", "pub"),
    ),
    document(
        "d2",
        number="45/2021/NQ-HĐND",
        organ_name="HĐND tỉnh A",
        title="Nghị quyết về đất đai",
        pages=["quyền sử dụng đất tại đường Trần Phú", "hòa giải tranh chấp, thủy sản"],
        issued="2021-06-01",
        access=("u2",),
    ),
    document(
        "d3",
        number="7/TB-SNV",
        organ_name="Sở Nội vụ",
        title="Thong bao quyet dinh",
        pages=["van ban khong dau ve quyet dinh hoa giai"],
        issued="2022-03-01",
        access=("u1",),
    ),
    document(
        "d4",
        number="0456/QĐ-UBND",
        organ_name="UBND tỉnh B",
        title="Quy hoạch",
        pages=["quyết định về quy hoạch"],
        issued="2020-01-16",
        access=("closed",),
    ),
    document(
        "d5",
        number="9/BC-UBND",
        organ_name="UBND tỉnh A",
        agency="UBND.A",
        title=unicodedata.normalize("NFD", "Báo cáo Hòa Bình đường bộ"),
        pages=[unicodedata.normalize("NFD", "quyết toán ngân sách, định mức chi")],
        issued="2019-12-31",
        access=("u1",),
    ),
    document(
        "d6",
        number="10/CV-STNMT",
        organ_name="Sở TNMT",
        title="Công văn",
        pages=["bàn giao bản đồ ban quản lý"],
        issued="2018-05-05",
        access=("u1",),
    ),
)
EVERYBODY = ("u1", "u2", "pub")


def found(index: SearchIndex, query: str = "", **request: Any) -> list[str]:  # noqa: ANN401 - the fields of SearchRequest
    """Packages of the hits in order; the total agrees with them when nothing is cut off."""
    answer = index.search(SearchRequest(query, **({"access": EVERYBODY} | request)))
    if "limit" not in request and "offset" not in request:
        assert answer.total == len(answer.hits)
    return [hit.package_id for hit in answer.hits]


class SearchIndexContract:
    """Subclasses give the index, a second one on the same data, and the command of a process that adds for ever."""

    @pytest.fixture
    def index(self) -> SearchIndex:
        raise NotImplementedError

    @pytest.fixture
    def other(self) -> Callable[[], SearchIndex]:
        """Makes a further index object on the same data, as another process has it."""
        raise NotImplementedError

    @pytest.fixture
    def writer(self) -> Sequence[str]:
        """Adds packages w-0, w-1 … one by one with the access token `all`; prints each number after `add` returned."""
        raise NotImplementedError

    @pytest.fixture
    def holding(self, index: SearchIndex) -> SearchIndex:
        assert index.add(HOLDING) == len(HOLDING)
        return index

    # Words

    def test_words_without_marks_find_marked_and_unmarked_text(self, holding: SearchIndex) -> None:
        assert set(found(holding, "quyet dinh")) == {"d1", "d3", "d5"}

    def test_words_with_marks_rank_marked_text_first_and_still_find_unmarked(self, holding: SearchIndex) -> None:
        assert found(holding, "hòa giải") == ["d2", "d3"]
        assert found(holding, "quyết định")[-1] == "d3"

    def test_a_phrase_needs_its_words_side_by_side(self, holding: SearchIndex) -> None:
        assert set(found(holding, '"quyet dinh"')) == {"d1", "d3"}
        assert found(holding, '"dinh quyet"') == []

    def test_a_phrase_with_marks_puts_marked_text_first_and_keeps_unmarked(self, holding: SearchIndex) -> None:
        assert found(holding, '"quyết định"') == ["d1", "d3"]

    def test_a_phrase_goes_over_a_page_break_but_not_from_field_to_field(self, holding: SearchIndex) -> None:
        assert found(holding, '"địa phương trang hai"') == ["d1"]
        assert found(holding, '"phê duyệt kế hoạch căn cứ"') == []

    def test_composed_and_decomposed_letters_are_the_same(self, holding: SearchIndex) -> None:
        assert "d5" in found(holding, "toán")
        assert found(holding, unicodedata.normalize("NFD", "quyết")) == found(holding, "quyết")

    def test_the_place_of_the_tone_mark_does_not_matter(self, holding: SearchIndex) -> None:
        assert set(found(holding, "hoà")) == set(found(holding, "hòa")) == {"d1", "d2", "d3", "d5"}
        assert set(found(holding, "thuỷ")) == set(found(holding, "thủy")) == {"d1", "d2"}

    def test_d_with_stroke_is_found_by_d_and_in_capitals(self, holding: SearchIndex) -> None:
        assert (
            set(found(holding, "duong")) == set(found(holding, "đường")) == set(found(holding, "ĐƯỜNG")) == {"d2", "d5"}
        )

    def test_y_and_i_are_one_where_usage_wavers(self, index: SearchIndex) -> None:
        index.add([document("i", title="kĩ thuật, quản lí"), document("y", title="kỹ thuật, quản lý")])
        assert set(found(index, "kỹ", access=["all"])) == set(found(index, "kĩ", access=["all"])) == {"i", "y"}
        assert set(found(index, '"quan ly"', access=["all"])) == {"i", "y"}

    def test_a_prefix_finds_longer_words(self, holding: SearchIndex) -> None:
        assert found(holding, "nghi*") == ["d2"]
        assert set(found(holding, "quản* OR thủ*")) == {"d1", "d2", "d6"}

    def test_or_parts_groups_of_words_and_minus_takes_away(self, holding: SearchIndex) -> None:
        assert set(found(holding, "đất đai OR thuỷ lợi")) == {"d1", "d2"}
        assert found(holding, "đất OR thuỷ -tranh") == ["d1"]
        assert set(found(holding, "-quyet")) == {"d6"} | ({"d2"} - set(found(holding, "quyet")))

    def test_all_words_must_stand_in_the_document(self, holding: SearchIndex) -> None:
        assert found(holding, "bàn giao bản đồ") == ["d6"]
        assert found(holding, "bàn đường") == []
        assert holding.search(SearchRequest("bàn giao đường", access=EVERYBODY)).notes == ("search.most_words",)

    def test_no_hit_is_an_answer(self, holding: SearchIndex) -> None:
        answer = holding.search(SearchRequest("không-có-từ-này-đâu", access=EVERYBODY))
        assert (list(answer.hits), answer.total) == ([], 0)

    def test_a_word_that_stands_only_on_a_scanned_page_is_found_without_marks(self, index: SearchIndex) -> None:
        pages = ["", "Ủy ban nhân dân xã Tam Hưng", "con mương thoát nước thôn Bùi Xá"]
        index.add([document("scan", title="Tờ trình", pages=pages, confidence=81.5), document("x", title="muong")])
        hit = index.search(SearchRequest("thon bui xa muong")).hits[0]
        assert (hit.package_id, hit.page) == ("scan", 3)
        assert "<em>mương</em>" in hit.snippet

    # Parentheses

    def test_parentheses_make_a_group_of_alternatives(self, holding: SearchIndex) -> None:
        assert set(found(holding, "(thuỷ lợi OR đất đai) hoà")) == {"d1", "d2"}
        assert found(holding, "(thuỷ lợi OR đất đai) tranh") == ["d2"]
        assert found(holding, "(thuỷ OR đất) -(tranh chấp)") == ["d1"]
        assert found(holding, "(số:45 OR số:7) (nghị OR toán)") == ["d2"]

    def test_parentheses_that_do_not_pair_are_told_and_searched_all_the_same(self, holding: SearchIndex) -> None:
        answer = holding.search(SearchRequest("(bàn giao (bản đồ", access=EVERYBODY))
        assert ([hit.package_id for hit in answer.hits], answer.notes) == (["d6"], ("search.parentheses",))

    # What OCR made of it

    DAMAGED = (
        ("joined", "Quyetdinh bổ nhiệm"),
        ("parted", "quyết đ ịnh bổ nhiệm"),
        ("letter", "quyết dịnb bổ nhiệm"),
        ("lost", "quyt định bổ nhiệm"),
        ("two", "quyel định bổ nhiem"),
    )

    @pytest.mark.parametrize(
        "typed",
        ["quyết~ định~ bổ nhiệm", "quyet dinh bo nhiem ~", '"quyết định"~ bổ nhiệm', "(quyết định)~ (bổ nhiệm)~"],
    )
    def test_a_tilde_finds_what_was_misread_behind_what_was_read_right(self, index: SearchIndex, typed: str) -> None:
        damaged = [document(name, pages=[text * 5], issued="2025-01-01") for name, text in self.DAMAGED]
        index.add([*damaged, document("right", pages=["quyết định bổ nhiệm"]), document("other", pages=["bổ nhiệm"])])
        answer = found(index, typed, access=["all"])
        assert answer[0] == "right"
        assert {"joined", "parted", "letter", "lost"} <= set(answer)
        assert "other" not in answer

    def test_words_run_together_are_found_by_the_words_and_the_other_way_round(self, index: SearchIndex) -> None:
        index.add([document("together", pages=["nghịquyết số"]), document("apart", pages=["nghị quyết số"])])
        assert found(index, "nghị quyết ~", access=["all"]) == ["apart", "together"]
        assert found(index, "nghịquyết~", access=["all"]) == ["together", "apart"]

    def test_when_nothing_is_found_a_second_try_is_made_and_told(self, index: SearchIndex) -> None:
        index.add([document("a", pages=["Nghị quyt về dất dai", "trang hai"]), document("b", pages=["nghị luận"])])
        answer = index.search(SearchRequest("nghị quyết"))
        assert [hit.package_id for hit in answer.hits] == ["a"]
        assert answer.notes == ("search.tolerant",)
        assert "<em>Nghị</em> <em>quyt</em>" in answer.hits[0].snippet
        assert [(page, end) for page, _, end in index.page_hits("a/1", "nghị quyết")] == [(1, 4), (1, 9)]

    def test_there_is_no_second_try_where_something_is_found_or_nothing_is_alike(self, index: SearchIndex) -> None:
        index.add([document("a", title="quyết toán", pages=["quyt"]), document("b", pages=["quyt"])])
        assert index.search(SearchRequest("quyết")).notes == ()
        assert found(index, "quyết", access=["all"]) == ["a"]
        assert index.page_hits("a/1", "quyết") == ()
        answer = index.search(SearchRequest("không thấy đâu"))
        assert (answer.total, answer.notes) == (0, ())

    def test_the_second_try_stays_within_the_rights_and_the_fields(self, index: SearchIndex) -> None:
        index.add(
            [
                document("secret", pages=["nghị quyết"], access=["u1"]),
                document("open", pages=["nghị quyt"], issued="2020", access=["u2"]),
            ]
        )
        answer = index.search(SearchRequest("nghị quyết", access=["u2"]))
        assert ([hit.package_id for hit in answer.hits], answer.total) == (["open"], 1)
        assert found(index, "nghị quyết năm:2021", access=["u2"]) == []
        assert found(index, "nghị quyết", access=["u3"]) == []

    def test_a_number_is_not_taken_for_its_neighbour(self, index: SearchIndex) -> None:
        index.add([document("a", number="223/QĐ-TTg"), document("b", pages=["theo Quyết định số 22Z/QĐ-TTg"])])
        assert found(index, "222/QĐ-TTg", access=["all"]) == []

    def test_a_list_of_the_second_try_goes_on_as_it_began(self, index: SearchIndex) -> None:
        index.add([document(f"m{number}", pages=["nghị quyt"]) for number in range(3)])
        self.goes_on(index, "nghị quyết", {"m0", "m1", "m2"}, limit=2)

    @staticmethod
    def goes_on(index: SearchIndex, typed: str, meant: set[str], limit: int) -> None:
        """Though a document that has all words comes between two pages, what was begun is shown, each once."""
        for sort in ("relevance", "-date"):
            first = index.search(SearchRequest(typed, limit=2, sort=sort, after=""))
            index.add([document("right", pages=[typed])])
            second = index.search(SearchRequest(typed, limit=limit, sort=sort, after=first.next))
            index.remove_package("right")
            shown = [hit.package_id for hit in (*first.hits, *second.hits)]
            assert meant <= set(shown)
            assert len(shown) == len(set(shown))

    def test_when_no_document_has_all_words_those_with_most_of_them_follow(self, index: SearchIndex) -> None:
        index.add(
            [
                document("three", pages=["ống nước bị vỡ " + "đệm " * 50]),
                document("four", pages=["ống nước thôn bị trâu giẫm " + "đệm " * 400]),
                document("two", pages=["ống nước"], title="ống nước ống nước"),
                document("hidden", pages=["ống nước bị trâu giẫm vỡ"], access=["u1"]),
            ]
        )
        answer = index.search(SearchRequest("ống nước bị trâu giẫm vỡ"))
        assert ([hit.package_id for hit in answer.hits], answer.notes) == (["four", "three"], ("search.most_words",))
        assert found(index, "trâu ống nước thôn vỡ", access=["all"]) == ["four"]
        assert found(index, "ống nước vỡ -trâu thôn", access=["all"]) == ["three"]
        assert found(index, '"ống nước" "bị trâu" vỡ', access=["all"]) == []
        assert [page for page, _, _ in index.page_hits("four/1", "ống nước bị trâu giẫm vỡ")] == [1] * 5

    CITED = "về đề án phát triển kinh tế tuần hoàn"

    def scattered(self, index: SearchIndex) -> None:
        """Two that have all words of `kinh tế tuần hoàng` by chance, and two that are meant by it."""
        chance = "hoàng hôn xuống, tuần trước, kinh phí, nền kinh tế"
        index.add(
            [
                document("chance", pages=[chance], type_name="Báo cáo"),
                document("hidden", pages=["kinh tế tuần hoàng"], access=["u1"]),
                document("meant", title="Phát triển kinh tế tuần hoàn", type_name="Kế hoạch", issued="2001"),
                document("cited", pages=[self.CITED], type_name="Công văn"),
                document("apart", pages=["kinh tế, rồi tuần sau"], type_name="Công văn"),
            ]
        )

    def test_what_has_all_words_by_chance_does_not_end_the_search(self, index: SearchIndex) -> None:
        self.scattered(index)
        answer = index.search(SearchRequest("kinh tế tuần hoàng", facets=["type"]))
        assert [hit.package_id for hit in answer.hits] == ["meant", "cited", "chance"]
        assert (answer.total, answer.notes) == (3, ("search.side_by_side",))
        assert answer.facets["type"] == (("Báo cáo", 1), ("Công văn", 1), ("Kế hoạch", 1))
        assert "<em>tuần</em> <em>hoàn</em>" in answer.hits[0].snippet
        marked = [self.CITED[start:end] for _, start, end in index.page_hits("cited/1", "kinh tế tuần hoàng")]
        assert marked == ["kinh", "tế", "tuần", "hoàn"]
        for typed in ('"kinh tế" tuần hoàng', "kinh tế tuần hoàng ~", "tuần hoàng", "kinh tế hoàng tuần"):
            assert "search.side_by_side" not in index.search(SearchRequest(typed)).notes
        assert index.search(SearchRequest("kinh tế tuần hoàng", access=["u1"])).notes == ()

    def test_a_chosen_value_changes_nothing_of_how_a_query_is_understood(self, index: SearchIndex) -> None:
        self.scattered(index)
        for value, meant in (("Kế hoạch", ["meant"]), ("Báo cáo", ["chance"])):
            answer = index.search(SearchRequest("kinh tế tuần hoàng", chosen={"type": [value]}, facets=["type"]))
            assert ([hit.package_id for hit in answer.hits], answer.notes) == (meant, ("search.side_by_side",))
            assert len(answer.facets["type"]) == 3

    def test_a_list_with_what_stands_side_by_side_goes_on_as_it_began(self, index: SearchIndex) -> None:
        self.scattered(index)
        self.goes_on(index, "kinh tế tuần hoàng", {"meant", "cited", "chance"}, limit=9)

    # What means the same

    def test_an_abbreviation_and_its_long_form_find_each_other_behind_what_was_typed(self, index: SearchIndex) -> None:
        index.add(
            [
                document("long", pages=["Ủy ban nhân dân xã họp " * 20], issued="2025"),
                document("called", title="Ủy ban nhân dân xã", issued="2001"),
                document("short", pages=["UBND xã họp"], issued="2001"),
                document("other", title="Ủy viên ban nhân sự dân quân xã"),
            ]
        )
        assert found(index, "ubnd họp", access=["all"]) == ["short", "long"]
        assert found(index, "ubnd xã", access=["all"]) == ["called", "short", "long"]
        assert found(index, "ủy ban nhân dân xã", access=["all"]) == ["called", "other", "long", "short"]
        assert set(found(index, '"ủy ban nhân dân" xã', access=["all"])) == {"called", "long"}
        snippet = index.search(SearchRequest("ubnd họp")).hits[1].snippet
        assert "<em>Ủy</em> <em>ban</em> <em>nhân</em> <em>dân</em>" in snippet

    def test_a_day_is_found_as_documents_write_it(self, index: SearchIndex) -> None:
        index.add(
            [
                document("written", pages=["Hà Nội, ngày 02 tháng 7 năm 2018"]),
                document("signs", pages=["ngày 2/7/2018"]),
                document("described", title="x", issued="2018-07-02"),
                document("other", pages=["ngày 2 tháng 8 năm 2018, ngày 7 tháng 2 năm 2018"]),
            ]
        )
        assert set(found(index, "02/7/2018", access=["all"])) == {"written", "signs", "described"}
        assert found(index, "Hà Nội 2.7.2018", access=["all"]) == ["written"]

    # Neighbours

    def test_words_side_by_side_stand_before_the_same_words_apart(self, index: SearchIndex) -> None:
        index.add(
            [
                document("apart", pages=["đồng ý giao kết hợp thức, đồng phục và hợp tác đồng thời " * 3]),
                document(
                    "beside", pages=["ký hợp đồng mua sắm của cơ quan, đơn vị trực thuộc trong năm nay và năm sau"]
                ),
            ]
        )
        assert found(index, "hop dong", access=["all"]) == ["beside", "apart"]
        assert found(index, "hợp đồng", access=["all"]) == ["beside", "apart"]

    # Numbers and codes

    @pytest.mark.parametrize(
        "typed",
        ["222/QĐ-TTg", "222/qd-ttg", "0222/QD-TTG", "222 ttg", "222 qđ ttg", "QĐ 222", "222qdttg", "222ttg",
         "Số: 222/QĐ-TTg", "QĐ 222 năm 2025", "quyết định 222", "222 / QĐ - TTg", "222/2025/QĐ-TTg", "222 ttg 2025",
         "222-QĐ/TTg", "QĐ số 222/qđ-ttg", "Quyết định số 222/QĐ-TTg ngày 30/01/2025"],
    )  # fmt: skip
    def test_the_document_of_that_number_is_found_first_however_it_is_typed(
        self, index: SearchIndex, typed: str
    ) -> None:
        cites = "Căn cứ Quyết định số 222/QĐ-TTg năm 2025, quyết định 222 qđ ttg, 222ttg, 222qdttg, 222/2025/QĐ-TTg. "
        index.add(
            [
                document("cites", title="Kế hoạch triển khai Quyết định 222/QĐ-TTg năm 2025", pages=[cites * 9]),
                document("longer", number="1222/QĐ-TTg", type_name="Quyết định", issued="2025-02-02"),
                document("it", number="222/QĐ-TTg", type_name="Quyết định", issued="2025-01-30", pages=["Điều 1"]),
                document("ubnd", number="222/QĐ-UBND", type_name="Quyết định", issued="2025-03-01"),
            ]
        )
        answer = found(index, typed, access=["all"])
        # Where the organ was not typed, the other decision of that number is as good an answer.
        equal = {"it", "ubnd"} if "t" not in typed.replace("quyết", "").lower() else {"it"}
        assert set(answer[: len(equal)]) == equal
        assert "longer" not in answer

    def test_a_number_finds_the_documents_that_cite_it_behind_itself(self, index: SearchIndex) -> None:
        cites = document("cites", title="Theo 222/QĐ-TTg", pages=["thực hiện 222/QĐ-TTg " * 30])
        index.add([cites, document("it", number="222/QĐ-TTg")])
        assert found(index, "222/qd-ttg", access=["all"]) == ["it", "cites"]

    def test_a_number_with_its_year_and_leading_zeros(self, holding: SearchIndex) -> None:
        assert found(holding, "45/2021/NQ-HĐND") == ["d2"]
        assert found(holding, "45/nq-hdnd") == ["d2"]
        assert found(holding, "Số: 0123/QĐ-UBND") == ["d1"]
        assert found(holding, "456/qd-ubnd", access=["closed"]) == ["d4"]

    def test_codes_are_found_whole_and_by_field(self, index: SearchIndex) -> None:
        index.add([document("a", file_code="000.00.16.H41.2024.05", doc_code="000.00.16.H41.2024.05.001")])
        index.add([document("b", title="x", file_code="000.00.16.H41.2024.06")])
        assert found(index, "000.00.16.H41.2024.05", access=["all"]) == ["a"]
        assert found(index, "0.0.16.h41.2024.5", access=["all"]) == ["a"]
        assert found(index, "0000016H41202405", access=["all"]) == ["a"]
        assert found(index, "mã:000.00.16.H41.2024.06", access=["all"]) == ["b"]
        assert found(index, "mã:0000016H41202406", access=["all"]) == ["b"]
        assert found(index, fields={"file_code": "000.00.16.H41.2024.05"}, access=["all"]) == ["a"]
        assert found(index, fields={"doc_code": "000.00.16.H41.2024.05"}, access=["all"]) == []

    def test_a_package_is_found_by_its_identifier(self, index: SearchIndex) -> None:
        package = "0f8fad5b-d9cb-469f-a165-70867728950e"
        index.add([document(package, title="một"), document("1f8fad5b-d9cb-469f-a165-70867728950e", title="hai")])
        assert found(index, package, access=["all"]) == [package]

    # Fields, days, order

    def test_fields_narrow_in_the_query_and_in_the_request(self, holding: SearchIndex) -> None:
        assert found(holding, "quyet", fields={"organ": "ubnd tinh a", "type": "QUYẾT ĐỊNH"}) == ["d1"]
        assert found(holding, 'quyet cơ_quan:"UBND tỉnh A" loại:"quyet dinh"') == ["d1"]
        assert set(found(holding, "agency:ubnd.a")) == {"d1", "d5"}
        assert found(holding, "số:45") == ["d2"]
        assert found(holding, "số:4") == []
        assert found(holding, "tiêu_đề:đất") == ["d2"]
        assert set(found(holding, "số:45 OR số:7")) == {"d2", "d3"}
        assert "d1" not in found(holding, "quyet -loại:QĐ")

    def test_a_place_of_the_store_holds_all_that_lies_within_it(self, index: SearchIndex) -> None:
        index.add(
            [
                document("a", title="một", place="2/-/Giá A/07"),
                document("b", title="hai", place="2/3/Giá A/12"),
                document("c", title="ba", place="12/-/-/7"),
                document("d", title="hộp số 7, kho 2"),
            ]
        )
        asked: dict[str, Any] = {"access": ["all"]}
        assert found(index, fields={"place": "2"}, **asked) == ["a", "b"]
        assert found(index, fields={"place": "2/-/a"}, **asked) == ["a", "b"]
        assert found(index, fields={"place": "2/3"}, **asked) == ["b"]
        assert found(index, fields={"place": "-/-/-/7"}, **asked) == ["a", "c"]
        assert found(index, fields={"box": "Hộp số 07"}, **asked) == ["a", "c"]
        assert found(index, fields={"storehouse": "kho 2", "shelf": "A", "box": "12"}, **asked) == ["b"]
        assert found(index, fields={"store_room": "4"}, **asked) == []
        assert found(index, "kho:12", **asked) == ["c"]
        assert found(index, "vị_trí:2/-/A/12", **asked) == ["b"]

    @pytest.mark.parametrize("place", ["", "-/-", "1/2/3/4/5"])
    def test_what_is_no_place_of_the_store_is_refused(self, index: SearchIndex, place: str) -> None:
        with pytest.raises(SearchRequestError):
            index.search(SearchRequest("", fields={"place": place}, access=["all"]))

    def test_an_unknown_field_of_the_request_is_refused_and_in_the_query_is_words(self, holding: SearchIndex) -> None:
        with pytest.raises(SearchRequestError):
            holding.search(SearchRequest("", fields={"colour": "red"}))
        answer = holding.search(SearchRequest("quyết:định", access=EVERYBODY))
        assert {hit.package_id for hit in answer.hits} == {"d1", "d3"}
        assert answer.notes == ("search.unknown_field",)

    def test_days_of_issue_are_a_range_with_both_ends(self, holding: SearchIndex) -> None:
        days: dict[str, Any] = {"issued_from": date(2019, 12, 31), "issued_to": date(2021, 6, 1)}
        assert set(found(holding, **days)) == {"d1", "d2", "d5"}
        assert set(found(holding, issued_from=date(2021, 6, 2))) == {"d3"}
        assert set(found(holding, "năm:2020")) == {"d1"}
        assert set(found(holding, "năm:2018-2019")) == {"d5", "d6"}
        assert set(found(holding, "ngày:31/12/2019..15/01/2020")) == {"d1", "d5"}
        assert set(found(holding, "ngày:01/06/2021..")) == {"d2", "d3"}

    def test_a_day_known_to_the_month_or_year_matches_what_it_may_be(self, index: SearchIndex) -> None:
        index.add([document(name, title="x", issued=name) for name in ("2024", "2024-06", "2024-06-15")])
        index.add([document("none", title="x")])
        june_first: dict[str, Any] = {"issued_from": date(2024, 6, 1), "issued_to": date(2024, 6, 1), "access": ["all"]}
        assert set(found(index, **june_first)) == {"2024", "2024-06"}
        assert set(found(index, issued_from=date(2024, 7, 1), access=["all"])) == {"2024"}
        assert set(found(index, "ngày:15/6/2024", access=["all"])) == {"2024", "2024-06", "2024-06-15"}

    def test_answers_can_be_sorted_by_day_number_and_title(self, index: SearchIndex) -> None:
        index.add(
            [
                document("b", title="Ăn uống", number="10/CV", issued="2020-05-05"),
                document("a", title="An toàn", number="9/QĐ-TTg", issued="2021-01-01"),
                document("d", title="Đất", number="", issued=""),
                document("c", title="Dân số", number="9/CV", issued="2020"),
            ]
        )
        everything: dict[str, Any] = {"access": ["all"]}
        assert found(index, sort="date", **everything) == ["c", "b", "a", "d"]
        assert found(index, sort="-date", **everything) == ["a", "b", "c", "d"]
        assert found(index, sort="number", **everything) == ["c", "a", "b", "d"]
        assert found(index, sort="title", **everything) == ["a", "b", "c", "d"]
        with pytest.raises(SearchRequestError):
            index.search(SearchRequest("", sort="colour"))

    def test_an_empty_query_shows_the_newest_first(self, holding: SearchIndex) -> None:
        assert found(holding) == ["d3", "d2", "d1", "d5", "d6"]

    def test_the_title_ranks_over_the_text(self, index: SearchIndex) -> None:
        text = document("text", title="Báo cáo", pages=["bổ nhiệm cán bộ " * 50])
        title = document("title", title="Cán bộ được bổ nhiệm", pages=["Điều 1. Giao ông A " * 200])
        phrase = document("phrase", title="Về việc bổ nhiệm cán bộ", pages=["Điều 1. Giao ông A " * 200])
        index.add([text, title, phrase])
        assert found(index, "bo nhiem can bo", access=["all"]) == ["phrase", "title", "text"]
        assert found(index, "bổ nhiệm cán bộ", access=["all"]) == ["phrase", "title", "text"]

    def test_a_title_with_other_marks_is_another_title(self, index: SearchIndex) -> None:
        index.add([document("other", title="Bàn giao nhà"), document("typed", title="x", pages=["việc bán nhà " * 3])])
        assert found(index, "bán nhà", access=["all"]) == ["typed", "other"]

    def test_pages_of_answers_fit_together_and_the_total_is_exact(self, index: SearchIndex) -> None:
        index.add([document(f"p{i:03}", title="kế hoạch", number=f"{i}/KH", issued="2024") for i in range(57)])
        seen: list[str] = []
        for offset in range(0, 70, 10):
            answer = index.search(SearchRequest("ke hoach", limit=10, offset=offset))
            assert answer.total == 57
            seen += [hit.package_id for hit in answer.hits]
        assert len(seen) == len(set(seen)) == 57
        assert index.search(SearchRequest("ke hoach", limit=0)).total == 57
        assert index.search(SearchRequest("ke hoach", limit=10**9)).total == 57

    # Rights

    def test_access_tokens_never_leak_by_hits_or_totals(self, holding: SearchIndex) -> None:
        closed = ("quyet hoach", "456/qd-ubnd", '"quy hoạch"', "quy*", "số:456", "-nothing", "", "d4", "đất OR hoạch")
        for query in closed:
            assert "d4" not in found(holding, query)
        assert found(holding, "hoa", access=("u2",)) == ["d2"]
        assert found(holding, "hoa", access=("nobody",)) == []
        assert found(holding, "", access=()) == []
        assert found(holding, "456/QĐ-UBND", access=("closed",)) == ["d4"]

    # Changes

    def test_adding_again_replaces(self, holding: SearchIndex) -> None:
        before = holding.count()
        holding.add([replace(HOLDING[5], pages=["nội dung mới"])])
        assert found(holding, "bàn giao") == []
        assert found(holding, "noi dung moi") == ["d6"]
        assert holding.count() == before
        holding.add(HOLDING)
        assert found(holding, "bàn giao") == ["d6"]
        assert holding.count() == before

    def test_the_last_of_several_in_one_call_counts(self, index: SearchIndex) -> None:
        first, last = document("same", title="cũ"), document("same", title="mới")
        index.add([first])
        index.add([last, first, last])
        assert (found(index, "mới", access=["all"]), found(index, "cũ", access=["all"])) == (["same"], [])

    def test_removing_a_package_removes_all_its_documents_and_no_other(self, index: SearchIndex) -> None:
        index.add([document("gone", ordinal=n, title="chung") for n in range(1, 4)] + [document("kept", title="chung")])
        index.remove_package("gone")
        index.remove_package("never was there")
        assert found(index, "chung", access=["all"]) == ["kept"]
        assert index.count() == 1

    def test_a_rebuild_holds_what_it_was_given_and_nothing_else(self, holding: SearchIndex) -> None:
        assert holding.rebuild(iter(HOLDING[:2])) == 2
        assert set(found(holding)) == {"d1", "d2"}
        assert holding.rebuild([]) == 0
        assert found(holding) == []

    def test_the_old_index_serves_while_a_new_one_is_built(
        self, holding: SearchIndex, other: Callable[[], SearchIndex]
    ) -> None:
        reader = other()

        def documents() -> Iterator[IndexedDocument]:
            yield document("fresh", title="mới tinh")
            assert found(reader, "bàn giao") == ["d6"]
            assert found(reader, "mới tinh", access=["all"]) == []

        holding.rebuild(documents())
        assert found(reader, "bàn giao") == []
        assert found(reader, "mới tinh", access=["all"]) == ["fresh"]

    def test_what_is_added_or_removed_during_a_rebuild_is_not_lost(
        self, holding: SearchIndex, other: Callable[[], SearchIndex]
    ) -> None:
        colleague = other()

        def documents() -> Iterator[IndexedDocument]:
            yield HOLDING[0]
            colleague.add([document("late", title="đến sau"), replace(HOLDING[0], title="Tiêu đề đã sửa")])
            colleague.remove_package("d6")
            yield from HOLDING[1:]

        holding.rebuild(documents())
        assert found(holding, "đến sau", access=["all"]) == ["late"]
        assert found(holding, "tiêu đề đã sửa") == ["d1"]
        assert found(holding, "bàn giao") == []
        assert holding.count() == len(HOLDING)

    def test_a_rebuild_that_fails_leaves_the_old_index_and_can_be_repeated(self, holding: SearchIndex) -> None:
        def broken() -> Iterator[IndexedDocument]:
            yield from HOLDING[:3]
            raise LookupError

        with pytest.raises(LookupError):
            holding.rebuild(broken())
        assert found(holding, "bàn giao") == ["d6"]
        holding.add([document("between", title="xen giữa")])
        assert holding.rebuild([*HOLDING, document("between", title="xen giữa")]) == len(HOLDING) + 1
        assert found(holding, "xen giữa", access=["all"]) == ["between"]

    # Others at the same time

    def test_a_reader_sees_whole_packages_while_another_process_writes(
        self, index: SearchIndex, writer: Sequence[str]
    ) -> None:
        index.add([document("before", title="gói")])
        with subprocess.Popen(writer, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged = -1
            try:
                while acknowledged < 8:
                    acknowledged = int(process.stdout.readline())
                    assert index.search(SearchRequest(f"w-{acknowledged}")).total == 2
                    assert index.count() >= 2 * (acknowledged + 1) + 1
            finally:
                process.kill()

    def test_two_processes_write_and_nothing_is_lost(self, index: SearchIndex, writer: Sequence[str]) -> None:
        with subprocess.Popen(writer, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                for number in range(12):
                    index.add([document(f"here-{number}", title="cùng lúc")])
                acknowledged = int(process.stdout.readline())
            finally:
                process.kill()
        assert index.search(SearchRequest("cùng lúc")).total == 12
        assert index.search(SearchRequest(f"w-{acknowledged}")).total == 2

    def test_what_was_acknowledged_survives_a_kill_and_nothing_is_doubled(
        self, index: SearchIndex, writer: Sequence[str]
    ) -> None:
        index.add([document("before", title="gói")])
        acknowledged = -1
        for pause in (0.0, 0.013, 0.029):
            with subprocess.Popen(writer, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                first = int(process.stdout.readline())
                time.sleep(pause)
                os.kill(process.pid, signal.SIGKILL)
                acknowledged = max(acknowledged, first, *map(int, process.stdout.read().split()))
            index.ready()
            for number in range(acknowledged + 1):
                assert index.search(SearchRequest(f"w-{number}")).total == 2
        index.add([document("after", title="gói")])
        assert index.search(SearchRequest("after")).total + index.search(SearchRequest("before")).total == 2

    def test_threads_may_share_an_index(self, holding: SearchIndex) -> None:
        failures: list[BaseException] = []

        def work(name: str) -> None:
            try:
                holding.add([document(name, title=f"luồng {name}")])
                assert found(holding, f"luồng {name}", access=["all"]) == [name]
                assert found(holding, "bàn giao") == ["d6"]
            except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
                failures.append(error)

        threads = [threading.Thread(target=work, args=(f"t{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert holding.count() == len(HOLDING) + 4

    # Showing the hit

    def test_a_snippet_marks_the_words_names_the_page_and_is_safe_in_html(self, index: SearchIndex) -> None:
        text = 'trước <script>alert("x")</script> & ' + "đệm " * 200 + "hỗ trợ người nghèo & <b>" + " đệm" * 200
        index.add([document("a", title="<i>tiêu đề</i>", pages=["không có gì", text])])
        hit = index.search(SearchRequest('"ho tro nguoi ngheo"')).hits[0]
        assert hit.page == 2
        assert "<em>hỗ</em> <em>trợ</em> <em>người</em> <em>nghèo</em> &amp; &lt;b&gt;" in hit.snippet
        assert len(hit.snippet) < 1000
        by_title = index.search(SearchRequest("tieu de")).hits[0]
        assert (by_title.page, by_title.snippet) == (None, "&lt;i&gt;<em>tiêu</em> <em>đề</em>&lt;/i&gt;")

    def test_places_of_the_words_on_the_pages(self, holding: SearchIndex) -> None:
        pages = HOLDING[0].pages
        hits = holding.page_hits("d1/1", 'hoa "địa phương trang"')
        assert [(page, pages[page - 1][start:end]) for page, start, end in hits] == [
            (1, "địa"), (1, "phương"), (2, "Trang"), (2, "hoà"),
        ]  # fmt: skip
        assert holding.page_hits("d1/1", "vắng") == ()
        assert holding.page_hits("no such document", "hoa") == ()

    def test_a_hit_carries_what_a_list_shows(self, holding: SearchIndex) -> None:
        hit = holding.search(SearchRequest("45/2021/NQ-HĐND", access=["u2"])).hits[0]
        shown = (hit.document_id, hit.ordinal, hit.number, hit.issued, hit.organ_name)
        assert shown == ("d2/1", 1, "45/2021/NQ-HĐND", "2021-06-01", "HĐND tỉnh A")
        assert hit.score > 0

    # Storms

    @pytest.mark.parametrize(
        "storm",
        ["tài " * 10_000, "a* b* c* ", "th* ng* tr* ch* kh* nh* ph* gi* qu* la* ", '"' * 999, "OR " * 5000, "x" * 10**7,
         "-a " * 5000, "số:1 OR " * 3000,
         "quyết định " * 6 + "~", "(a OR b)~ " * 3000, "(a OR " * 5000, "x" * 4000 + "~",
         "(" * 5000 + ")" * 5000, "*" * 5000, "\x00\ud800\U0010ffff", "năm:9999-0000"],
    )  # fmt: skip
    def test_a_storm_is_bounded_and_answered(self, holding: SearchIndex, storm: str) -> None:
        answer = holding.search(SearchRequest(storm, access=EVERYBODY))
        assert 0 <= answer.total <= len(HOLDING)

    # Facets

    def test_facets_count_all_that_is_found_the_most_frequent_first(self, holding: SearchIndex) -> None:
        asked = ("organ", "agency", "year", "type", "quality", "verdict")
        answer = holding.search(SearchRequest("", access=EVERYBODY, limit=1, facets=asked))
        assert (answer.total, len(answer.hits)) == (5, 1)
        assert {name: tuple(counts) for name, counts in answer.facets.items()} == {
            "organ": (("UBND tỉnh A", 2), ("HĐND tỉnh A", 1), ("Sở Nội vụ", 1), ("Sở TNMT", 1)),
            "agency": (("UBND.A", 2),),
            "year": (("2018", 1), ("2019", 1), ("2020", 1), ("2021", 1), ("2022", 1)),
            "type": (("Quyết định", 1),),
            "quality": (("born_digital", 5),),
            "verdict": (),
        }
        assert list(answer.facets) == list(asked)
        assert holding.search(SearchRequest("quyet", access=EVERYBODY)).facets == {}
        none = holding.search(SearchRequest("!!!", access=EVERYBODY, facets=["year"]))
        assert (none.total, dict(none.facets)) == (0, {"year": ()})

    def test_facets_tell_of_nothing_that_may_not_be_seen(self, holding: SearchIndex) -> None:
        asked: dict[str, Any] = {"facets": FACETS, "limit": 0}
        for query in ("", "quyet hoach", "456/qd-ubnd", "-nothing"):
            seen = holding.search(SearchRequest(query, access=EVERYBODY, **asked))
            assert "UBND tỉnh B" not in dict(seen.facets["organ"])
        assert not any(holding.search(SearchRequest("", access=("nobody",), **asked)).facets.values())
        assert not any(holding.search(SearchRequest("", access=(), **asked)).facets.values())
        without = holding.search(SearchRequest("", access=EVERYBODY, without=("d1", "d5"), **asked))
        assert "UBND tỉnh A" not in dict(without.facets["organ"])

    def test_a_chosen_value_narrows_all_but_the_counts_of_its_own_facet(self, holding: SearchIndex) -> None:
        asked: dict[str, Any] = {"facets": ("organ", "year"), "access": EVERYBODY}
        one = holding.search(SearchRequest("", chosen={"organ": ["UBND tỉnh A"]}, **asked))
        assert [hit.package_id for hit in one.hits] == ["d1", "d5"]
        assert dict(one.facets["organ"]) == {"UBND tỉnh A": 2, "HĐND tỉnh A": 1, "Sở Nội vụ": 1, "Sở TNMT": 1}
        assert dict(one.facets["year"]) == {"2019": 1, "2020": 1}
        two = holding.search(SearchRequest("", chosen={"organ": ["UBND tỉnh A", "Sở Nội vụ"]}, **asked))
        assert [hit.package_id for hit in two.hits] == ["d3", "d1", "d5"]
        both = holding.search(SearchRequest("", chosen={"organ": ["UBND tỉnh A"], "year": ["2020", "2021"]}, **asked))
        assert [hit.package_id for hit in both.hits] == ["d1"]
        assert dict(both.facets["organ"]) == {"UBND tỉnh A": 1, "HĐND tỉnh A": 1}
        assert dict(both.facets["year"]) == {"2019": 1, "2020": 1}
        decomposed = unicodedata.normalize("NFD", "UBND  tỉnh A")
        assert found(holding, chosen={"organ": [decomposed]}) == ["d1", "d5"]
        assert found(holding, "quyet", chosen={"organ": ["ubnd tinh a"]}) == []

    def test_a_choice_that_leaves_nothing_does_not_widen_the_question(self, index: SearchIndex) -> None:
        index.add([document("all", title="kế hoạch giao thông nông thôn", issued="2020")])
        index.add([document("most", title="kế hoạch giao thông đô thị", issued="2021")])
        asked = SearchRequest("kế hoạch giao thông nông thôn", facets=["year"])
        chosen = index.search(replace(asked, chosen={"year": ["2021"]}))
        assert (chosen.total, chosen.notes) == (0, ())
        assert dict(chosen.facets["year"]) == {"2020": 1}

    def test_a_facet_that_does_not_exist_is_refused(self, holding: SearchIndex) -> None:
        for request in (
            SearchRequest("", facets=["colour"]),
            SearchRequest("", chosen={"title": ["x"]}),
            SearchRequest("", chosen={"year": []}),
            SearchRequest("", chosen={"year": [str(year) for year in range(1000, 1101)]}),
        ):
            with pytest.raises(SearchRequestError):
                holding.search(request)

    def test_of_very_many_values_the_first_hundred_are_told_exactly(self, index: SearchIndex) -> None:
        often = [document(f"o{n:03}", organ_name=f"Ủy ban {n % 30:03}") for n in range(90)]
        once = [document(f"s{n:03}", organ_name=f"Sở {n:03}") for n in range(150)]
        # In several parts of an index, so that no part knows the counts.
        for part in range(3):
            index.add(often[part::3] + once[part::3])
        counts = index.search(SearchRequest("", limit=0, facets=["organ"])).facets["organ"]
        assert list(counts) == [(f"Ủy ban {n:03}", 3) for n in range(30)] + [(f"Sở {n:03}", 1) for n in range(70)]

    def test_how_well_a_text_was_read_is_a_facet(self, index: SearchIndex) -> None:
        read = {"good": 95.0, "fair": 85.0, "poor": 84.9, "born_digital": None}
        for name, confidence in read.items():
            index.add([document(name, title="x", pages=["chữ"], confidence=confidence)])
        index.add([document("described", title="x"), document("empty", title="x", pages=["", ""])])
        answer = index.search(SearchRequest("", facets=["quality"]))
        assert dict(answer.facets["quality"]) == dict.fromkeys(read, 1)
        for name in read:
            assert found(index, chosen={"quality": [name]}, access=["all"]) == [name]

    # Order to the last tie

    def test_equal_answers_stand_by_day_then_by_how_well_they_were_read_then_by_name(self, index: SearchIndex) -> None:
        days = ("", "2019-05-01", "2021-02-03", "2021-02-03", "2021-02-03", "2024")
        read = (None, 50.0, 99.0, None, 99.0, 10.0)
        equal = [
            document(f"e{n:03}", title="kế hoạch", issued=days[n % 6], confidence=read[n % 6], pages=["một hai"])
            for n in range(120)
        ]
        better = document("first", title="kế hoạch", pages=["kế hoạch kế hoạch"], issued="1999")
        for part in range(3):
            index.add(equal[part::3])
        index.add([better])
        by_day = [n % 6 for n in range(120)]
        expected = ["first"] + [f"e{n:03}" for kind in (5, 3, 2, 4, 1, 0) for n in range(120) if by_day[n] == kind]
        # 99.0 twice on one day: these two kinds are equal in all but the name.
        expected[41:81] = sorted(expected[41:81])
        assert found(index, "kế hoạch", access=["all"], limit=500) == expected
        for offset in range(0, 121, 7):
            page = found(index, "kế hoạch", access=["all"], limit=7, offset=offset)
            assert page == expected[offset : offset + 7]

    @pytest.mark.parametrize("sort", ["date", "-date", "number", "title"])
    def test_every_order_is_exact_over_ties_and_parts_of_the_index(self, index: SearchIndex, sort: str) -> None:
        many = [
            document(f"t{n:03}", title=f"việc {n % 3}", number=f"{n % 4}/QĐ", issued=("", "2020", "2021-01-01")[n % 3])
            for n in range(90)
        ]
        for part in range(3):
            index.add(many[part::3])
        keys: dict[str, Callable[[int], Any]] = {
            "date": lambda n: (3, 1, 2)[n % 3],
            "-date": lambda n: (3, 2, 1)[n % 3],
            "number": lambda n: n % 4,
            "title": lambda n: n % 3,
        }
        expected = [f"t{n:03}" for n in sorted(range(90), key=lambda n: (keys[sort](n), n))]
        for query in ("", "viec"):
            assert found(index, query, access=["all"], limit=90, sort=sort) == expected
            for offset in range(0, 90, 11):
                page = found(index, query, access=["all"], limit=11, offset=offset, sort=sort)
                assert page == expected[offset : offset + 11]

    def test_what_only_begins_so_stands_newest_first(self, index: SearchIndex) -> None:
        index.add([document(f"p{n}", title="quản lý", issued=f"20{10 + n % 5}", pages=["x " * n]) for n in range(20)])
        expected = [f"p{n}" for n in sorted(range(20), key=lambda n: (-(n % 5), f"p{n}"))]
        assert found(index, "quan*", access=["all"]) == expected

    # Page after page

    @pytest.mark.parametrize("sort", ["relevance", "date", "-date", "number", "title"])
    def test_pages_by_cursor_hold_each_document_once_while_others_come_in(self, index: SearchIndex, sort: str) -> None:
        def made(name: str, number: int) -> IndexedDocument:
            days = ("", "2020-01-01", "2021", "2022-07-07")
            text = "kế hoạch " * (number % 5 + 1) + "đệm " * (number % 7)
            title = f"việc {number % 6}"
            return document(name, title=title, number=f"{number % 9}/KH", issued=days[number % 4], pages=[text])

        before = [made(f"b{n:03}", n) for n in range(100)]
        index.add(before[::2])
        index.add(before[1::2])
        seen: list[str] = []
        after, turns = "", 0
        while after or not turns:
            answer = index.search(SearchRequest("ke hoach", sort=sort, limit=9, after=after, facets=["year"]))
            assert answer.total == 100 + 4 * turns
            assert sum(count for _, count in answer.facets["year"]) == answer.total - 25 - turns
            seen += [hit.package_id for hit in answer.hits]
            after, turns = answer.next, turns + 1
            index.add([made(f"{letter}{turns}-{n}", n) for n, letter in enumerate("acyz")])
        assert len(seen) == len(set(seen))
        assert {each.package_id for each in before} <= set(seen)

    def test_a_page_by_cursor_shows_nothing_that_was_taken_away_or_closed_meanwhile(self, index: SearchIndex) -> None:
        def made(number: int, **values: Any) -> IndexedDocument:  # noqa: ANN401 - as `document`
            return document(f"p{number}", pages=["kế hoạch " + "đệm " * number], **values)

        index.add([made(number, title="cũ") for number in range(9)])
        first = index.search(SearchRequest("ke hoach", limit=3, after=""))
        index.remove_package("p4")
        index.add([made(5, access=["closed"]), made(6, title="mới")])
        second = index.search(SearchRequest("ke hoach", limit=3, after=first.next, without=["p3"]))
        third = index.search(SearchRequest("ke hoach", limit=3, after=second.next))
        shown = [(hit.package_id, hit.title) for hit in (*first.hits, *second.hits, *third.hits)]
        old = [(f"p{number}", "cũ") for number in (0, 1, 2, 7, 8)]
        assert shown == [*old[:3], ("p6", "mới"), *old[3:]]
        assert second.total == 6
        assert third.next == ""

    def test_rights_that_change_between_two_pages_move_no_document_from_its_place(self, index: SearchIndex) -> None:
        index.add([document(f"p{number}", pages=["kế hoạch " + "đệm " * number]) for number in range(9)])
        first = index.search(SearchRequest("ke hoach", limit=4, after=""))
        second = index.search(SearchRequest("ke hoach", limit=4, after=first.next, without=["p0", "p2", "p5"]))
        assert [hit.package_id for hit in first.hits] == ["p0", "p1", "p2", "p3"]
        assert [hit.package_id for hit in second.hits] == ["p4", "p6", "p7", "p8"]

    def test_a_list_that_fits_on_its_page_has_no_next(self, holding: SearchIndex) -> None:
        for sort in ("relevance", "date", "-date", "number", "title"):
            for query in ("quyet dinh", "", "vắng"):
                assert holding.search(SearchRequest(query, access=EVERYBODY, sort=sort, after="")).next == ""
                assert holding.search(SearchRequest(query, access=EVERYBODY, sort=sort, limit=1)).next == ""
        assert holding.search(SearchRequest("quyet", access=EVERYBODY, limit=0, after="")).next == ""
        assert holding.search(SearchRequest("!!!", access=EVERYBODY, after="")).next == ""

    @pytest.mark.parametrize("sort", ["relevance", "title", "-date"])
    def test_a_cursor_that_is_damaged_or_of_another_question_is_refused(self, holding: SearchIndex, sort: str) -> None:
        asked = SearchRequest("quyet dinh", access=EVERYBODY, limit=1, sort=sort)
        good = holding.search(replace(asked, after="")).next
        assert len(good) < 3000
        assert len(holding.search(replace(asked, after=good, limit=5)).hits) == 2
        middle = len(good) // 2
        flipped = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
        for bad in (flipped, good[:-2], good + "A", "x", "====", "\u0111", "\ud800", "A" * 10**6, " "):
            with pytest.raises(SearchRequestError):
                holding.search(replace(asked, after=bad))
        for other in (
            replace(asked, query="quyet"),
            replace(asked, sort="number"),
            replace(asked, fields={"year": "2020"}),
            replace(asked, issued_from=date(2020, 1, 1)),
            replace(asked, chosen={"year": ["2020"]}),
            replace(asked, offset=1),
        ):
            with pytest.raises(SearchRequestError):
                holding.search(replace(other, after=good))

    def test_half_a_character_in_a_query_has_pages_too(self, holding: SearchIndex) -> None:
        asked = SearchRequest("quyet \ud800", access=EVERYBODY, limit=1, after="")
        first = holding.search(asked)
        assert holding.search(replace(asked, after=first.next)).hits[0].package_id != first.hits[0].package_id

    # Why

    def test_a_hit_says_why_it_stands_where_it_does(self, index: SearchIndex) -> None:
        index.add(
            [
                document("called", number="222/QĐ-TTg", type_name="Quyết định", title="Bổ nhiệm cán bộ"),
                document("titled", title="Thi hành 222/QĐ-TTg", pages=["222/QĐ-TTg"]),
                document("cites", title="Kế hoạch", pages=["thi hành 222/QĐ-TTg"]),
            ]
        )
        answer = index.search(SearchRequest("222/QĐ-TTg", explain=True))
        assert [hit.package_id for hit in answer.hits] == ["called", "titled", "cites"]
        why = {hit.package_id: [reason.key.removeprefix("search.why.") for reason in hit.why] for hit in answer.hits}
        assert why["called"][0] == "exact_number"
        assert {"title_words", "title_row"} <= set(why["titled"])
        assert "exact_number" not in why["titled"]
        assert not {"exact_number", "title_words", "title_row"} & set(why["cites"])
        for hit in answer.hits:
            assert sum(reason.score for reason in hit.why) == pytest.approx(hit.score, abs=0.01)
            assert all(reason.score > 0 for reason in hit.why)
        assert not index.search(SearchRequest("222/QĐ-TTg")).hits[0].why
        assert not index.search(SearchRequest("222/QĐ-TTg", sort="date", explain=True)).hits[0].why
        assert not index.search(SearchRequest("", explain=True)).hits[0].why

    # Help with asking

    def test_who_types_is_offered_numbers_titles_and_agencies_of_what_they_may_see(self, index: SearchIndex) -> None:
        index.add(
            [
                document("d1", number="222/QĐ-TTg", title="Thu hồi đất", organ_name="Bộ Nội vụ", issued="2025-01-01"),
                document("d2", number="2220/QĐ-BNV", title="Thu hồi <đất> “nông nghiệp”", issued="2024-01-01"),
                document("d3", number="222/MẬT", title="Thu hồi giấy mật", organ_name="Bộ Nội an", access=("closed",)),
            ]
        )

        def offered(typed: str) -> list[tuple[str, str]]:
            return [(each.kind, each.text) for each in index.suggest(typed, access=("all",))]

        assert offered("222") == [("number", "222/QĐ-TTg"), ("number", "2220/QĐ-BNV")]
        assert offered("222/q") == [("number", "222/QĐ-TTg")]
        assert offered("thu ho") == [("title", "Thu hồi đất"), ("title", "Thu hồi <đất> “nông nghiệp”")]
        assert offered("thu đâ") == offered("thu ho")
        assert offered("thu đắ") == []
        assert offered("bộ nội") == [("agency", "Bộ Nội vụ")]
        for typed in ("222", "thu ho", "bo noi"):
            for each in index.suggest(typed, access=("all",)):
                assert index.search(SearchRequest(each.query)).total >= 1
                assert "<đất>" not in each.html

    def test_a_query_is_spelt_as_visible_documents_spell_it(self, index: SearchIndex) -> None:
        index.add(
            [
                document("d1", title="Quyết định bổ nhiệm", pages=["Quyết định bổ nhiệm ông Nguyễn Văn Hòa"]),
                document("d2", title="Kế hoạch tuyệt mật", access=("closed",)),
            ]
        )
        spelt = {
            typed: index.search(SearchRequest(typed, correct=True)).did_you_mean
            for typed in ("quyet dinh", "quyet dihn", "quyetdinh bo nhiem", "nguyen van hoa", "tuyet mat", "quyết định")
        }
        assert spelt == {
            "quyet dinh": "quyết định",
            "quyet dihn": "quyết định",
            "quyetdinh bo nhiem": "quyết định bổ nhiệm",
            "nguyen van hoa": "nguyễn văn hòa",
            "tuyet mat": "",
            "quyết định": "",
        }

    def test_documents_like_another_share_what_is_rare_and_may_be_seen(self, index: SearchIndex) -> None:
        index.add(
            [
                document("a1", title="Quyết định thu hồi đất xây cầu Nhật Tân"),
                document("a2", title="Kế hoạch xây cầu Nhật Tân"),
                document("a3", title="Biên bản", pages=["về cầu Nhật Tân"]),
                document("a4", title="Báo cáo xây cầu Nhật Tân", access=("closed",)),
                *(document(f"z{number}", title=f"Quyết định khen thưởng {number}") for number in range(12)),
            ]
        )
        found = index.similar("a1/1", access=("all",))
        assert [hit.package_id for hit in found] == ["a2", "a3"]
        assert found[0].score > found[1].score
        assert not index.similar("a4/1", access=("all",))
        assert not index.similar("nobody/1", access=("all",))

    # What is no text

    def test_halves_of_surrogate_pairs_hinder_nobody(self, index: SearchIndex) -> None:
        half = "\ud800"
        odd = document(
            "odd", title=f"báo cáo{half}", type_name=f"Báo{half}", fields={"x": half}, pages=[f"lũ {half}lụt"]
        )
        assert index.add([odd, document("plain", title="báo cáo")]) == 2
        assert set(found(index, "báo cáo", access=("all",))) == {"odd", "plain"}
        assert found(index, f"lụt {half}", access=("all",)) == ["odd"]
        answer = index.search(SearchRequest("lũ", access=("all",), facets=("type",)))
        assert answer.facets == {"type": (("Báo?", 1),)}
