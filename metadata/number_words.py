"""Numbers in Vietnamese words, as lists and minutes write them (`Viết bằng chữ`)."""

from __future__ import annotations

from collections.abc import Iterator

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", "nghìn", "triệu", "tỷ")
_THOUSAND, _HUNDRED, _TEN, _FIVE = 1000, 100, 10, 5
LARGEST = _THOUSAND ** len(_GROUPS) - 1


def in_words(number: int) -> str:
    """`number` in words: 1005 is `một nghìn không trăm linh năm`.

    Args:
        number: 0 to `LARGEST`.
    """
    if not 0 <= number <= LARGEST:
        msg = f"{number} has no words here"
        raise ValueError(msg)
    if number == 0:
        return _DIGITS[0]
    groups: list[int] = []
    while number:
        number, rest = divmod(number, _THOUSAND)
        groups.append(rest)
    words: list[str] = []
    for place in reversed(range(len(groups))):
        if groups[place]:
            words += _group(groups[place], first=place == len(groups) - 1)
            words += [_GROUPS[place]] if place else []
    return " ".join(words)


def _group(number: int, *, first: bool) -> Iterator[str]:
    """Three digits; behind other groups their hundreds are said even where there are none."""
    hundreds, rest = divmod(number, _HUNDRED)
    tens, ones = divmod(rest, _TEN)
    if hundreds or not first:
        yield from (_DIGITS[hundreds], "trăm")
    if tens > 1:
        yield from (_DIGITS[tens], "mươi")
    elif tens == 1:
        yield "mười"
    elif ones and (hundreds or not first):
        yield "linh"
    if ones == 1 and tens > 1:
        yield "mốt"
    elif ones == _FIVE and tens:
        yield "lăm"
    elif ones:
        yield _DIGITS[ones]
