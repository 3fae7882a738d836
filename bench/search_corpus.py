"""Documents and questions of `bench/search.py`: made, not real; Zipf over syllables and compounds, 1.6 pages each."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate, product
from pathlib import Path

from search.facets import FACETS
from search.ports import IndexedDocument, SearchRequest
from search.vietnamese import fold

ONSETS = "b c ch d đ g gh h kh k l m n ng nh ph qu r s t th tr v x"
RIMES = (
    "a á à ả ã ạ ăn ắn ặng âm ấp ậu an án ang áng e é ẻ ê ế ệ em ên i í ị inh ích o ó ọ on ong ô ố ộ ông ồng ơ ớ ợ ơn"
    " u ú ụ ung ư ứ ự ưng ước ương ường oa oà oan uy uyên uyết iê iên iết yê"
)

TYPES = (("QĐ", "Quyết định"), ("NQ", "Nghị quyết"), ("TB", "Thông báo"), ("CV", "Công văn"), ("BC", "Báo cáo"))
TOPICS = (
    "về việc phê duyệt kế hoạch sử dụng đất",
    "về việc giao chỉ tiêu biên chế công chức",
    "về việc phê duyệt chủ trương đầu tư dự án",
    "về công tác văn thư, lưu trữ",
    "về việc thu hồi đất để giải phóng mặt bằng",
    "về việc bổ nhiệm cán bộ lãnh đạo, quản lý",
)
OPENINGS = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
    "Xét đề nghị của Giám đốc Sở Nội vụ,",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc",
)
ORGANS = ("UBND", "HĐND", "SNV", "STNMT", "TTg")
UNITS = 200
WORDS_PER_PAGE = 250


REAL_EVERY = 10
"""Where real texts are given, each tenth document has the pages of one of them."""


def texts_of(folder: Path | None) -> list[list[str]]:
    """Pages of the `.txt` files below a folder, which form feeds part; none without a folder."""
    files = sorted(folder.rglob("*.txt")) if folder else []
    return [path.read_text(encoding="utf-8", errors="replace").split("\f") for path in files]


class Corpus:
    """Documents by number, the same at every run."""

    def __init__(self, documents: int, texts: Sequence[Sequence[str]] = ()) -> None:
        self.documents = documents
        self.texts = texts
        chance = random.Random(7)  # noqa: S311 - a corpus, not a secret
        syllables = ["".join(pair) for pair in product(ONSETS.split(), RIMES.split())]
        chance.shuffle(syllables)
        compounds = [" ".join(chance.sample(syllables, 2)) for _ in range(60_000)]
        self.words = syllables + compounds
        self.weights = list(accumulate(1 / (rank + 20) for rank in range(len(self.words))))

    def __iter__(self) -> Iterator[IndexedDocument]:
        return (self.document(number) for number in range(self.documents))

    def document(self, number: int) -> IndexedDocument:
        chance = random.Random(number)  # noqa: S311
        notation, name = chance.choices(TYPES, (9, 5, 3, 2, 1))[0]
        organ = chance.choice(ORGANS)
        issued = f"{chance.randint(1995, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        title = f"{name} {chance.choice(TOPICS)}"
        written = f"{chance.randint(1, 4000)}/{notation}-{organ}"
        pages = []
        for page in range(chance.choices((1, 2, 3), (55, 30, 15))[0]):
            count = int(WORDS_PER_PAGE * (0.5 + chance.random()) * 0.6)
            text = " ".join(chance.choices(self.words, cum_weights=self.weights, k=count))
            head = f"{organ} Số: {written} {title}. " if page == 0 else ""
            pages.append(f"{head}{chance.choice(OPENINGS)} {text}")
        if self.texts and number % REAL_EVERY == 0:
            pages = [*self.texts[number // REAL_EVERY % len(self.texts)]]
        return IndexedDocument(
            document_id=f"package-{number // 20}/{number % 20 + 1}",
            package_id=f"package-{number // 20}",
            ordinal=number % 20 + 1,
            agency=organ,
            title=title,
            dossier_title=f"Hồ sơ {chance.choice(TOPICS)}",
            doc_code=f"000.00.{number // 20:05}.{number % 20 + 1:03}",
            file_code=f"000.00.{number // 20:05}",
            number=written,
            type_name=name,
            organ_name=organ,
            issued=issued,
            signer="Nguyễn Văn A",
            fonds=organ,
            retention="Vĩnh viễn",
            language="Tiếng Việt",
            rights="",
            keywords="",
            fields={},
            pages=pages,
            access=(f"u{chance.randrange(UNITS)}", *(["pub"] if chance.random() < 0.3 else [])),
        )

    def queries(self, count: int) -> Iterator[tuple[str, str]]:
        """Class and query; frequent and rare words in turn."""
        chance = random.Random(1)  # noqa: S311
        common, middle, rare = self.words[:40], self.words[40:1200], self.words[3000:]
        pick = chance.choice
        makers: dict[str, Callable[[], str]] = {
            "common word": lambda: pick(common),
            "two words": lambda: f"{pick(common)} {pick(middle)}",
            "three words": lambda: f"{pick(common)} {pick(common)} {pick(middle)}",
            "rare words": lambda: pick(rare),
            "common phrase": lambda: pick(
                ('"chinh quyen dia phuong"', '"giám đốc sở"', '"độc lập tự do"', '"hội chủ nghĩa"')
            ),
            "phrase": lambda: f'"{pick(rare)}"',
            "prefix": lambda: f"{pick(middle)[:4].split()[0]}*",
            "or, not": lambda: f"{pick(common)} OR {pick(middle)} OR {pick(middle)} -{pick(common)}",
            "number": lambda: self.document(chance.randrange(self.documents)).number,
        }
        for _ in range(count):
            for name, make in makers.items():
                yield name, make()

    def _row(self, chance: random.Random) -> str:
        """Some words as they stand in a document, marks and all."""
        pages = self.document(chance.randrange(self.documents)).pages
        words = chance.choice(pages).split()
        start, many = chance.randrange(max(1, len(words) - 4)), chance.choice((2, 2, 3))
        return " ".join(words[start : start + many]).replace('"', "")

    def questions(self, count: int, *, seed: int = 1) -> Iterator[Question]:
        """`count` of each class in turn; none is asked twice, so a class may have fewer."""
        chance = random.Random(seed)  # noqa: S311
        pick = chance.choice
        common, middle, rare = self.words[:120], self.words[120:1200], self.words[3000:]
        boilerplate = tuple(_rows([*OPENINGS, *TOPICS]))
        makers: dict[str, Callable[[], SearchRequest]] = {
            "common word": lambda: _asked(pick(common)),
            "two words": lambda: _asked(f"{pick(common)} {pick(middle)}"),
            "three words": lambda: _asked(f"{pick(common)} {pick(common)} {pick(middle)}"),
            "rare words": lambda: _asked(pick(rare)),
            "phrase": lambda: _asked(f'"{fold(self._row(chance))}"'),
            "marked phrase": lambda: _asked(f'"{self._row(chance)}"'),
            "common phrase": lambda: _asked(f'"{pick(boilerplate)}"'),
            "prefix": lambda: _asked(f"{fold(pick(self.words[: 40 + len(middle)]))[: pick((2, 3, 4))]}*"),
            "fuzzy": lambda: _asked(f"{pick(middle)}~"),
            "or, not": lambda: _asked(f"{pick(common)} OR {pick(middle)} OR {pick(middle)} -{pick(common)}"),
            "number": lambda: _asked(self.document(chance.randrange(self.documents)).number),
            "words and filters": lambda: replace(
                _asked(f"{pick(common)} {pick(middle)}"),
                fields={"type": pick(TYPES)[1], "agency": pick(ORGANS)},
                issued_from=date(pick(range(1995, 2010)), 1, 1),
                issued_to=date(pick(range(2010, 2025)), 12, 31),
            ),
            "facets": lambda: replace(_asked(f"{pick(common)} {pick(common)}"), facets=FACETS[:4]),
            "60 groups": lambda: _asked(f"{pick(common)} {pick(middle)}", _groups(chance, 60)),
        }
        seen: set[str] = set()
        for _ in range(count):
            for name, make in makers.items():
                for _ in range(_ATTEMPTS):
                    request = make()
                    if request.query not in seen and len(request.query.strip(' "*~')) > 1:
                        seen.add(request.query)
                        yield Question(name, request)
                        break


_ATTEMPTS = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the class of questions to which it belongs."""

    group: str
    request: SearchRequest


SEEN = (*(f"u{unit}" for unit in range(0, UNITS, 4)), "pub")
"""The access tokens of one who sees a quarter of the units and what is public: half of all documents."""


def _asked(query: str, access: tuple[str, ...] = SEEN) -> SearchRequest:
    return SearchRequest(query, access=access)


def _groups(chance: random.Random, many: int) -> tuple[str, ...]:
    return tuple(f"u{unit}" for unit in chance.sample(range(UNITS), many))


def _rows(texts: Sequence[str]) -> Iterator[str]:
    """What stands in very many documents: rows of two to four words, with marks and without."""
    for text in texts:
        words = [word.strip(".,;") for word in text.split()]
        for many in (2, 3, 4):
            for start in range(len(words) - many + 1):
                row = " ".join(words[start : start + many])
                yield from (row, fold(row))
