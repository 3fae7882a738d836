"""Legacy encodings: what they decode to, and what is left alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.legacy import Encoding, decoded, encoding_of, is_capitals_font, is_syllable, syllable_share

WORDS = """
quyết định của thủ tướng chính phủ về việc ban hành quy chế tổ chức và hoạt động quỹ bảo lãnh tín dụng cho doanh
nghiệp nhỏ vừa căn cứ luật ngày tháng năm nghiêng ngoằn ngoèo khuỷu tay uống rượu hươu thuở xưa yêu kiều giặt gỡ gì
kỹ thuật mỹ miều sĩ quan lũy tre lỵ sở dẫn chứng bẵng đẵn mẫu mỡ hẳn cẳng quẩn lẩn tẻ kể nổi chở củ tử ỷ lại dị ứng
"""
SYLLABLES = WORDS.split()
LETTERS = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ"
CODES = bytes.fromhex(
    "b5b8b6b7b9a8bbbebcbdc6a9c7cac8c9cbaeccd0cecfd1aad2d5d3d4d6d7ddd8dcdedfe3e1e2e4abe5e8e6e7e9aceaedebecee"
    "eff3f1f2f4adf5f8f6f7f9fafdfbfcfea1a2a7a3a4a5a6"
)
TCVN3 = dict(zip(LETTERS, CODES, strict=True))
VNI_MARKS = {
    "": "",
    "\u0301": "ù",
    "\u0300": "ø",
    "\u0309": "û",
    "\u0303": "õ",
    "\u0323": "ï",
    "\u0302": "â",
    "\u0302\u0301": "á",
    "\u0302\u0300": "à",
    "\u0302\u0309": "å",
    "\u0302\u0303": "ã",
    "\u0323\u0302": "ä",
    "\u0306": "ê",
    "\u0306\u0301": "é",
    "\u0306\u0300": "è",
    "\u0306\u0309": "ú",
    "\u0306\u0303": "ü",
    "\u0323\u0306": "ë",
}
VNI_LETTERS = dict(zip("ơưđỉĩịỵíì", "ôöñæóòîíì", strict=True))


def as_tcvn3(text: str) -> str:
    """What a reader of Windows-1252 sees of `text` in TCVN3."""
    return "".join(chr(TCVN3.get(letter, ord(letter))) for letter in text)


def as_vni(text: str) -> str:
    """What a reader of Windows-1252 sees of small letters in VNI."""
    found = []
    for letter in text:
        if letter in VNI_LETTERS:
            found.append(VNI_LETTERS[letter])
            continue
        base, marks = unicodedata.normalize("NFD", letter)[0], unicodedata.normalize("NFD", letter)[1:]
        horn = "\u031b" in marks
        found.append({"o": "ô", "u": "ö"}[base] if horn else base)
        found.append(VNI_MARKS["".join(mark for mark in marks if mark != "\u031b")])
    return "".join(found)


sentences = st.lists(st.sampled_from(SYLLABLES), min_size=4, max_size=30).map(" ".join)


@given(sentences)
def test_every_syllable_survives_tcvn3(text: str) -> None:
    assert decoded(as_tcvn3(text), Encoding.TCVN3) == text


@given(sentences)
def test_every_syllable_survives_vni(text: str) -> None:
    assert decoded(as_vni(text), Encoding.VNI) == text


@given(
    st.lists(st.sampled_from([word for word in SYLLABLES if not word.isascii()]), min_size=6, unique=True).map(" ".join)
)
def test_the_text_alone_tells_its_encoding(text: str) -> None:
    assert encoding_of(text) is Encoding.UNICODE
    assert encoding_of(as_tcvn3(text)) is Encoding.TCVN3
    assert encoding_of(as_vni(text)) is Encoding.VNI


@given(st.text(max_size=80))
def test_no_text_breaks_the_decoder(text: str) -> None:
    for encoding in Encoding:
        assert unicodedata.is_normalized("NFC", decoded(text, encoding))
    assert encoding_of(text) in Encoding


@pytest.mark.parametrize(
    "text",
    [
        "général élève français à côté déjà hôtel",
        "Größe über Straße Mädchen schön",
        "The quick brown fox — “quoted” £5 §3",
        "Доклад о работе архива",
        "1.250,7 m² – 48 °C ± 2",
        "",
    ],
)
def test_other_languages_stay_as_they_are(text: str) -> None:
    assert encoding_of(text) is Encoding.UNICODE


def test_numbers_and_foreign_names_do_not_drown_a_legacy_text() -> None:
    assert encoding_of("1 2 3 4 5 6 Windows Microsoft Excel quyÕt ®Þnh sè 94/1998 QH10 ABC XYZ") is Encoding.TCVN3


def test_capitals_in_vni_are_not_taken_for_tcvn3() -> None:
    assert encoding_of("UÛY BAN NHAÂN DAÂN HUYEÄN CAÀN GIÔØ") is Encoding.VNI
    assert decoded("UÛY BAN NHAÂN DAÂN HUYEÄN CAÀN GIÔØ", Encoding.VNI) == "ỦY BAN NHÂN DÂN HUYỆN CẦN GIỜ"


@pytest.mark.parametrize("hyphen", ["-", "\xad", "\N{MINUS SIGN}", "\N{NON-BREAKING HYPHEN}"])
def test_the_letter_that_readers_show_as_a_hyphen_comes_back(hyphen: str) -> None:
    seen = f"l{hyphen}u tr÷, t{hyphen}íng, {hyphen}u ®·i"
    assert decoded(seen, Encoding.TCVN3) == "lưu trữ, tướng, ưu đãi"


@pytest.mark.parametrize("text", ["§éc lËp - Tù do", "1998-2003", "--------", "Q§-TTg", "5 - 10"])
def test_a_hyphen_that_makes_no_syllable_stays_one(text: str) -> None:
    assert decoded(text, Encoding.TCVN3).count("-") == text.count("-")


def test_glyph_names_of_pdf_producers_lead_back_to_the_code() -> None:
    assert decoded("b¶o l\N{BULLET OPERATOR}nh", Encoding.TCVN3) == "bảo lãnh"
    assert decoded("\N{GREEK SMALL LETTER MU}", Encoding.TCVN3) == "à"


@pytest.mark.parametrize(
    ("name", "capitals"),
    [
        ("ABCDEF+.VnTimeH", True),
        ("/.VnArialH,Bold", True),
        ("VnTimeH-Bold", True),
        (".VnTime", False),
        (".VnTifani Heavy", False),
        ("VNI-Times", False),
        ("TimesNewRoman", False),
    ],
)
def test_only_the_h_fonts_of_tcvn3_show_capitals(name: str, capitals: bool) -> None:
    assert is_capitals_font(name) is capitals


@pytest.mark.parametrize(
    "word", ["nghiêng", "khuỷu", "ngoằn", "ngoèo", "rượu", "quyết", "gì", "giặt", "yêu", "ủy", "thuở"]
)
def test_odd_syllables_are_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["UỔY", "quyÕt", "str", "xyz", "ươnươn", "áà"])
def test_what_spelling_forbids_is_no_syllable(word: str) -> None:
    assert not is_syllable(word)


def test_a_text_without_words_has_no_share() -> None:
    assert syllable_share("123 — 456") == 0.0
