"""The holding that is searched: the judged documents among many that resemble them, pages whole or damaged.

For each judged document four others are made: its number under another year and organ, its title with another object,
its title with the words in another order, and a paper that cites it. None of them answers a query: what is asked for is
judged by the document meant. Same seed, same holding.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count, pairwise, product
from pathlib import Path
from typing import Any, Final

from pypdfium2 import PdfDocument

from search.ports import IndexedDocument
from tests.generators.ocr_damage import Damage
from tests.relevance.judged import Text, texts

_KINDS = {
    "Quyết định": "QĐ",
    "Nghị quyết": "NQ",
    "Thông báo": "TB",
    "Báo cáo": "BC",
    "Kế hoạch": "KH",
    "Tờ trình": "TTr",
    "Hướng dẫn": "HD",
}
_ORGANS = {
    "Ủy ban nhân dân tỉnh Kiên Sơn": "UBND",
    "Hội đồng nhân dân tỉnh Kiên Sơn": "HĐND",
    "Sở Tài chính tỉnh Kiên Sơn": "STC",
    "Sở Tư pháp tỉnh Kiên Sơn": "STP",
    "Ủy ban nhân dân huyện Phong Nẫm": "UBH",
    "Bộ Tư pháp": "BTP",
    "Bộ Công Thương": "BCT",
    "Thủ tướng Chính phủ": "TTg",
    "Thanh tra tỉnh Kiên Sơn": "TTT",
}
_SIGNERS = (
    "Nguyễn Văn Minh",
    "Nguyễn Thị Minh",
    "Lê Văn Cường",
    "Trần Quang Hòa",
    "Phạm Thị Tuyết",
    "Đặng Văn Khôi",
    "Hoàng Đình Hà",
    "Vũ Lan Anh",
    "Bùi Thị Trang",
    "Lò Văn Minh",
)
_OBJECTS = (
    "trên địa bàn huyện Phong Nẫm",
    "giai đoạn 2006 - 2010",
    "của Trường Trung học phổ thông số 2",
    "đối với các xã vùng biên giới",
    "năm 1999 và phương hướng năm 2000",
    "theo chương trình cải cách hành chính",
    "cho cán bộ không chuyên trách",
    "tại khu công nghiệp Đông Bình",
)
_SPEECH = (
    "Các sở, ban, ngành, Ủy ban nhân dân các huyện, thành phố căn cứ chức năng, nhiệm vụ được giao tổ chức thực hiện.",
    "Kinh phí thực hiện lấy từ nguồn ngân sách nhà nước theo phân cấp hiện hành và các nguồn hợp pháp khác.",
    "Trong quá trình thực hiện nếu có vướng mắc, đề nghị phản ánh về cơ quan thường trực để tổng hợp, báo cáo.",
    "Giao Văn phòng theo dõi, đôn đốc, kiểm tra và định kỳ hằng quý báo cáo kết quả thực hiện.",
    "Thủ trưởng các cơ quan, đơn vị và cá nhân có liên quan chịu trách nhiệm thi hành.",
    "Căn cứ Luật Tổ chức Hội đồng nhân dân và Ủy ban nhân dân ngày 26 tháng 11 năm 2003;",
    "Căn cứ Luật Ban hành văn bản quy phạm pháp luật ngày 22 tháng 6 năm 2015;",
    "Xét đề nghị của Giám đốc Sở Tài chính tại Tờ trình số 88/TTr-STC,",
    "Đề nghị các đơn vị gửi báo cáo bằng văn bản giấy và bản điện tử đúng thời hạn.",
    "Quyết định này có hiệu lực kể từ ngày ký và thay thế các quy định trước đây trái với quyết định này.",
)
_NUMBER = re.compile(r"^[0-9]+")
_NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
_WORDS: Final = (
    *("agency", "title", "dossier_title", "doc_code", "file_code", "number", "type_name", "organ_name", "issued"),
    *("signer", "fonds", "retention", "language", "rights", "keywords"),
)
_FILLING: Final = 28
"""Pairs of words from all judged texts on a made page: so that what is common there is common here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Documents to index."""

    damage: float = 0.0
    """Share of letters on the pages that OCR read wrongly, beyond what the texts bring along."""

    letters: bool = False
    """Only errors that a search sees: no marks, no punctuation."""

    described: bool = True
    """Number, title, signer and so on were typed by a clerk; else there is nothing but the pages."""

    seed: int = 0
    """Of damage and of the documents around."""

    crowd: int = 1
    """How many times four documents resemble each judged one."""

    samples: Path | None = None
    """Folder of real documents: those that have a file there are held whole, all others as ever."""

    further: Path | None = None
    """Folder whose text files (`*.txt`, pages parted by form feeds) are documents around."""

    def __iter__(self) -> Iterator[IndexedDocument]:
        judged = [_indexed(text, self.samples) for text in texts()]
        around = list(_Surroundings(judged, self.seed, self.crowd))
        further = sorted(self.further.rglob("*.txt")) if self.further else []
        around += [_further(at, path) for at, path in enumerate(further, start=1)]
        damage = Damage(letters=self.letters)
        for document in [*judged, *around]:
            chance = random.Random(f"{self.seed}/{document.document_id}")  # noqa: S311 - test data
            pages = [damage.damaged(page, self.damage, chance) for page in document.pages]
            if self.described:
                yield replace(document, pages=pages)
            else:
                yield _document(document.document_id, pages=pages)


def _document(document_id: str, **values: Any) -> IndexedDocument:  # noqa: ANN401 - the fields of IndexedDocument
    plain: dict[str, Any] = dict.fromkeys(_WORDS, "")
    plain |= {"document_id": document_id, "package_id": document_id, "ordinal": 1, "fields": {}}
    return IndexedDocument(**(plain | values))


def _indexed(text: Text, samples: Path | None) -> IndexedDocument:
    pages = list(text.pages)
    if text.wording != "read":
        pages[0] = f"{_head(text.organ, text.number, text.issued, text.kind, text.title)}\n{pages[0]}"
        pages[-1] += f"\n{text.signer}"
    return _document(
        text.id,
        title=text.title,
        dossier_title=text.dossier,
        number=text.number,
        type_name=text.kind,
        organ_name=text.organ,
        issued=text.issued,
        signer=text.signer,
        keywords=text.keywords,
        pages=_whole(samples / text.sample) if samples and text.sample else pages,
    )


def _whole(path: Path) -> list[str]:
    if path.suffix == ".txt":
        return path.read_text(encoding="utf-8").split("\f")
    with closing(PdfDocument(path)) as pdf:
        return [str(page.get_textpage().get_text_bounded()) for page in pdf]


def _further(at: int, path: Path) -> IndexedDocument:
    pages = path.read_text(encoding="utf-8", errors="replace").split("\f")
    title = next((line.strip() for line in pages[0].splitlines() if line.strip()), "")
    return _document(f"further-{at}", title=title[:300], pages=pages)


def _head(organ: str, number: str, issued: str, kind: str, title: str) -> str:
    parts = [int(part) for part in issued.split("-") if part]
    names = ("năm", "tháng", "ngày")[: len(parts)]
    day = " ".join(f"{name} {part:02}" for name, part in reversed(list(zip(names, parts, strict=True))))
    return f"{organ.upper()}\nSố: {number}\n{_NATION}\n{day}\n{kind.upper()}\n{title}"


class _Surroundings:
    """Documents that resemble those that are meant."""

    def __init__(self, judged: Sequence[IndexedDocument], seed: int, crowd: int) -> None:
        self._judged, self._seed, self._crowd = judged, seed, crowd
        words = " ".join(page for document in judged for page in document.pages).split()
        self._pairs = [f"{one} {other}" for one, other in pairwise(words)]

    def __iter__(self) -> Iterator[IndexedDocument]:
        numbers = count(1)
        for turn, document in product(range(self._crowd), self._judged):
            chance = random.Random(f"{self._seed}/around/{turn}/{document.document_id}")  # noqa: S311 - test data
            for title, number in (
                (chance.choice(_SPEECH).rstrip(".;,"), _same_number(document, chance)),
                (f"{_half(document.title)} {chance.choice(_OBJECTS)}", ""),
                (_other_order(document.title, chance), ""),
                (f"Về việc triển khai thực hiện {document.type_name} số {document.number}", ""),
            ):
                if title.strip():
                    yield self._made(next(numbers), title, number, chance)

    def _made(self, at: int, title: str, number: str, chance: random.Random) -> IndexedDocument:
        kind, letters = chance.choice(list(_KINDS.items()))
        organ, sign = chance.choice(list(_ORGANS.items()))
        issued = f"{chance.randint(1995, 2024)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        signer = chance.choice(_SIGNERS)
        written = number or f"{chance.randint(1, 2600)}/{letters}-{sign}"
        filling = [" ".join(chance.choices(self._pairs, k=_FILLING)) for _ in range(chance.randint(1, 2))]
        pages = [" ".join((*chance.sample(_SPEECH, 3), words)) for words in filling]
        pages[0] = f"{_head(organ, written, issued, kind, title)}\n{pages[0]}"
        pages[-1] += f"\n{signer}"
        return _document(
            f"around-{at}",
            title=title,
            number=written,
            type_name=kind,
            organ_name=organ,
            issued=issued,
            signer=signer,
            pages=pages,
        )


def _same_number(document: IndexedDocument, chance: random.Random) -> str:
    leading = _NUMBER.match(document.number)
    if not leading:
        return ""
    letters, sign = chance.choice(list(_KINDS.values())), chance.choice(list(_ORGANS.values()))
    return f"{leading[0]}/{letters}-{sign}"


def _half(title: str) -> str:
    words = title.split()
    return " ".join(words[: max(3, (len(words) + 1) // 2)])


def _other_order(title: str, chance: random.Random) -> str:
    """The words of a title in pairs, the pairs in another order: only who asks for their order can tell."""
    words = title.split()
    pairs = [" ".join(words[at : at + 2]) for at in range(0, len(words), 2)]
    chance.shuffle(pairs)
    return " ".join(pairs)
