"""The server cuts at blanks and does nothing else: the words that the analysis made are the words that it keeps."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from elasticsearch import Elasticsearch

from bench.search import Corpus
from search.backends.elasticsearch import ElasticsearchIndex
from search.documents import Analysis, analyse
from search.settings import ElasticsearchSettings
from tests.contract.search_index import document

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("elasticsearch"), pytest.mark.timeout(1200)]

_OF_A_REQUEST = 8_000
"""Words; the server analyses at most 10,000 at once."""

_PIECES = (
    *(
        "quyết định",
        "Số 12/QĐ-UBND",
        "HỢP ĐỒNG",
        "hoà",
        "thủy",
        "1.234.567,89",
        "a_b",
        "tuyen.vn",
        "ðất",
        "Ủy ban",
        "ﬁ",
    ),
    *(
        "\u0065\u0302\u0301",
        "\u0323",
        "\u200b",
        "\ufeff",
        "\u00a0",
        "\u2003",
        "\u2028",
        "\u3000",
        "\x1c",
        "\x85",
        "\t\n",
    ),
    *(
        "ＱĐ１２",
        "ß",
        "İ",
        "ǅ",
        "Ω",
        "中文",
        "ไทย",
        "🏛",
        "👩\u200d👩",
        "\U000e0001",
        "\ud800",
        "'",
        '"',
        "…",
        "–",
        "٣",
        "²",
    ),
    *("x" * 300, "ư'", "đ" * 40, "\u0301", "\u0345", "ẞ", "ſ", "ŀ", "Ǆ", "ﷺ", "K"),
)


def strings(count: int) -> Iterator[str]:
    """Words of the corpus, and pieces that cut and fold badly, in any order and with any sign between."""
    chance = random.Random(11)  # noqa: S311 - texts, not secrets
    words = Corpus(1).words
    for _ in range(count):
        parts = [chance.choice(_PIECES) if chance.random() < 0.4 else chance.choice(words) for _ in range(4)]
        yield chance.choice((" ", "", "-", "/", "\u00a0", ", ")).join(parts)


def values_of(analysis: Analysis) -> set[str]:
    """Everything of a document that is sent as words."""
    phrases = (value for values in analysis.phrases.values() for value in values)
    found = {*analysis.canons, *analysis.folds, *analysis.title, analysis.number, analysis.designation, *phrases}
    return found - {""}


@pytest.mark.parametrize("count", [1_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_words_come_out_of_the_server_as_they_were_sent(
    count: int, elasticsearch_settings: Callable[..., ElasticsearchSettings], elasticsearch_client: Elasticsearch
) -> None:
    """Each word, in order, one place behind the other, two places from one value to the next."""
    settings = elasticsearch_settings()
    ElasticsearchIndex(settings).count()
    name = f"{settings.index_prefix}-documents"
    waiting: list[str] = []
    words = compared = 0

    def compare() -> None:
        answer = elasticsearch_client.indices.analyze(
            index=name, field="fold", text=waiting, filter_path=["tokens.token", "tokens.position"]
        )
        seen = [(token["token"], token["position"]) for token in answer["tokens"]]
        sent = []
        place = -1
        for value in waiting:
            for word in value.split(" "):
                place += 1
                sent.append((word, place))
            place += 1
        assert seen == sent

    for text in strings(count):
        for value in values_of(analyse(document("x", title=text, number=text, signer=text))):
            waiting.append(value)
            words += value.count(" ") + 1
            compared += 1
            if words >= _OF_A_REQUEST - 1_000:
                compare()
                waiting, words = [], 0
    compare()
    assert compared >= count
