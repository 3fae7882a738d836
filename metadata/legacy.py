"""Encodings that Vietnamese offices used before Unicode: TCVN3 (ABC, fonts `.VnTime`) and VNI (fonts `VNI-Times`).

Such text reaches us as Latin letters (`quyÕt ®Þnh`, `quyeát ñònh`), because the
bytes are read as Windows-1252. Which encoding it is, the text itself decides:
real Unicode files go on declaring `.VnTime` long after their text was
converted. The font's name only adds what no text can tell, the capitals of the
`…H` fonts, which reuse the codes of the small letters.

Source: TCVN 5712:1993 (VN3) and the layout of the VNI fonts for Windows.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum, unique
from functools import lru_cache

_TCVN3 = {
    **dict(
        zip(
            b"\xb5\xb8\xb6\xb7\xb9\xa8\xbb\xbe\xbc\xbd\xc6\xa9\xc7\xca\xc8\xc9\xcb\xae",
            "àáảãạăằắẳẵặâầấẩẫậđ",
            strict=True,
        )
    ),
    **dict(zip(b"\xcc\xd0\xce\xcf\xd1\xaa\xd2\xd5\xd3\xd4\xd6\xd7\xdd\xd8\xdc\xde", "èéẻẽẹêềếểễệìíỉĩị", strict=True)),
    **dict(
        zip(b"\xdf\xe3\xe1\xe2\xe4\xab\xe5\xe8\xe6\xe7\xe9\xac\xea\xed\xeb\xec\xee", "òóỏõọôồốổỗộơờớởỡợ", strict=True)
    ),
    **dict(zip(b"\xef\xf3\xf1\xf2\xf4\xad\xf5\xf8\xf6\xf7\xf9\xfa\xfd\xfb\xfc\xfe", "ùúủũụưừứửữựỳýỷỹỵ", strict=True)),
    **dict(zip(b"\xa1\xa2\xa7\xa3\xa4\xa5\xa6", "ĂÂĐÊÔƠƯ", strict=True)),
    **dict(zip(b"\xaf\xba\xbf\xc0\xc1\xc2\xc3\xc4\xc5\xcd\xd9\xda\xdb\xe0\xf0\xff", "ẰẲẴẮẦẨẪẤỀỂỄẾỒỔỖỐ", strict=True)),
}

# PDF producers write some of the Windows-1252 codes by the names of glyphs that
# look alike, so they come back as other characters than those of the code page.
_LOOKALIKES = {
    "\N{MINUS SIGN}": 0xAD,
    "\N{NON-BREAKING HYPHEN}": 0xAD,
    "\N{BULLET OPERATOR}": 0xB7,
    "\N{GREEK SMALL LETTER MU}": 0xB5,
    "\N{MODIFIER LETTER MACRON}": 0xAF,
    "\N{LATIN CAPITAL LETTER D WITH STROKE}": 0xD0,
}

_U_HORN = 0xAD

_VNI_LETTERS = dict(zip("ôöÔÖñÑæÆóÓòÒîÎ", "ơưƠƯđĐỉỈĩĨịỊỵỴ", strict=True))
_VNI_MARKS = {
    "ù": "\u0301",
    "ø": "\u0300",
    "û": "\u0309",
    "õ": "\u0303",
    "ï": "\u0323",
    "â": "\u0302",
    "á": "\u0302\u0301",
    "à": "\u0302\u0300",
    "å": "\u0302\u0309",
    "ã": "\u0302\u0303",
    "ä": "\u0302\u0323",
    "ê": "\u0306",
    "é": "\u0306\u0301",
    "è": "\u0306\u0300",
    "ú": "\u0306\u0309",
    "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}
_VNI_MARKS |= {mark.upper(): accents for mark, accents in _VNI_MARKS.items()}
_VNI_BASES = frozenset("aAeEoOuUyYơƠưƯ")

_TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
_SYLLABLE = re.compile(
    "(b|ch|c|d|đ|gh|gi|g|h|kh|k|l|m|n|ngh|ng|nh|ph|p|qu|q|r|s|th|t|tr|v|x)?"
    "(uyê|uya|uyu|uôi|ươi|ươu|iêu|yêu|oai|oao|oay|oeo|uây|uâ|uê|uô|uơ|uy|ua|ui|ưa|ưi|ươ|ưu|iê|ia|iu|yê|oa|oă|oe|oi|oo|ôi|ơi"
    "|ai|ao|au|ay|âu|ây|eo|êu|[aăâeêioôơuưy])"
    "(ch|nh|ng|[cmnpt])?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_HYPHENATED = re.compile(r"[^\W\d_]*-[^\W\d_]*")
_CAPITALS_FONT = re.compile(r"^\.?vn\w*h(\s|,|-|$)", re.IGNORECASE)

_MARGIN = 0.15
"""How much likelier a reading must be before the text is changed."""

_LEAST_SHARE = 0.6
"""Share of possible syllables below which no reading is believed."""


@unique
class Encoding(StrEnum):
    """How a text was encoded."""

    UNICODE = "unicode"
    TCVN3 = "tcvn3"
    VNI = "vni"


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Whether Vietnamese spelling allows `word` (NFC) as a syllable; one with a capital in its middle is none."""
    if word not in {word.lower(), word.upper(), word.capitalize()}:
        return False
    bare, tones = _TONES.subn("", unicodedata.normalize("NFD", word))
    return tones <= 1 and _SYLLABLE.fullmatch(unicodedata.normalize("NFC", bare)) is not None


def syllable_share(text: str) -> float:
    """Share of the words of `text` (NFC) that are possible Vietnamese syllables, 0 to 1; 0 without words."""
    words = _WORD.findall(text)
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


def is_capitals_font(name: str) -> bool:
    """Whether `name` is a TCVN3 font that shows small letters as capitals (`.VnTimeH`), with or without subset tag."""
    return _CAPITALS_FONT.match(name.lstrip("/").rpartition("+")[2]) is not None


def _tcvn3_code(character: str) -> int:
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 - the last code of an eight-bit page
        return code
    if character in _LOOKALIKES:
        return _LOOKALIKES[character]
    try:
        return character.encode("cp1252")[0]
    except UnicodeEncodeError:
        return code


def _joined(match: re.Match[str]) -> str:
    joined = match.group().replace("-", "ư")
    # Alone it is a dash: no word of the language is the bare letter.
    return joined if len(joined) > 1 and is_syllable(joined) else match.group()


def _from_tcvn3(text: str) -> str:
    letters = []
    for character in text:
        code = _tcvn3_code(character)
        letters.append("-" if code == _U_HORN else _TCVN3.get(code, character))
    # The code of ư is Windows-1252's soft hyphen, which programs write for a real
    # one and PDF readers show as one: it is the letter where that makes a syllable.
    return _HYPHENATED.sub(_joined, unicodedata.normalize("NFC", "".join(letters)))


def _from_vni(text: str) -> str:
    letters: list[str] = []
    base = ""
    for character in text:
        if character in _VNI_MARKS and base in _VNI_BASES:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + _VNI_MARKS[character])
            base = ""
        else:
            base = _VNI_LETTERS.get(character, character)
            letters.append(base)
    return unicodedata.normalize("NFC", "".join(letters))


def decoded(text: str, encoding: Encoding) -> str:
    """`text` as Unicode NFC, if it was written in `encoding` and read as Windows-1252."""
    if encoding is Encoding.TCVN3:
        return _from_tcvn3(text)
    if encoding is Encoding.VNI:
        return _from_vni(text)
    return unicodedata.normalize("NFC", text)


def encoding_of(text: str) -> Encoding:
    """The reading under which `text` is Vietnamese, by its syllables; Unicode unless another one is clearly likelier.

    Only words that hold a letter outside ASCII decide: they alone differ
    between the readings, and a table of numbers or English names must not
    drown them.
    """
    words = [word for word in text.split() if not word.isascii()]
    if not words:
        return Encoding.UNICODE
    shares = {encoding: syllable_share(" ".join(decoded(word, encoding) for word in words)) for encoding in Encoding}
    best = max(shares, key=lambda encoding: shares[encoding])
    sure = shares[best] >= _LEAST_SHARE and shares[best] - shares[Encoding.UNICODE] > _MARGIN
    return best if sure else Encoding.UNICODE
