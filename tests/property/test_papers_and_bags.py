"""Invariants of what leaves: no letter of a text is lost by setting it, no name leaves the payload of a bag."""

from __future__ import annotations

import unicodedata
from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from pikepdf import Pdf

from archive.dissemination.bags import PAYLOAD, encoded, payload_path
from archive.services.listing import natural
from ingest.engines.paper_fonts import Face, Style, plain
from ingest.engines.paper_layout import broken

HOSTILE_NAMES = st.text("./\\%~: aÄ\u0308\n\r\x00đ", min_size=1) | st.text(min_size=1, max_size=60)
TEXTS = st.text("ạ ̣ế/-._ \t\n\x00\u202eaB1", max_size=200) | st.text(max_size=80)


@cache
def _face() -> Face:
    return Face(Pdf.new(), Style.REGULAR)


@given(TEXTS, st.floats(5, 300))
def test_lines_hold_every_letter_in_order_and_fit(text: str, width: float) -> None:
    face, size = _face(), 10.0
    set_text = plain(text).replace("\n", " ")
    lines = list(broken(face, set_text, size, width))
    assert "".join("".join(lines).split()) == "".join(set_text.split())
    assert all(face.width(line, size) <= width + 1e-6 or len(line) == 1 for line in lines)
    assert lines


@given(TEXTS)
def test_what_is_set_is_composed_and_has_no_control_signs(text: str) -> None:
    found = plain(text)
    assert unicodedata.is_normalized("NFC", found)
    assert {unicodedata.category(letter) for letter in found if letter != "\n"}.isdisjoint(
        {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )


@given(HOSTILE_NAMES)
def test_no_name_leaves_the_payload_and_every_name_is_right_for_every_reader(name: str) -> None:
    path = payload_path(name)
    assert not path.is_absolute()
    assert not {".", "..", ""} & set(path.parts)
    text = str(path)
    assert unicodedata.is_normalized("NFC", text)
    # Nothing is left that manifests encode and readers decode differently.
    assert encoded(PAYLOAD + text) == PAYLOAD + text
    assert not any(ord(letter) < 32 for letter in text)
    assert payload_path(text) == path


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.text("aĐ.-/", max_size=5), st.text(max_size=8))
def test_codes_are_sorted_by_their_numbers_whatever_stands_around_them(a: int, b: int, before: str, after: str) -> None:
    assert (natural(f"{before}{a}/{after}") < natural(f"{before}{b}/{after}")) == (a < b)
