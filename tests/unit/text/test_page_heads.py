"""The head of a first page, looked at a second time: when, in which inks, and where its words stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest.engines.page_heads import Grey, Picture, angle_of, colourless, head_of

WIDE, HIGH = 800, 1131
SURE, UNSURE = 96.0, 30.0


def page(ink: tuple[int, int, int] | None = None) -> tuple[Grey, Grey, Grey]:
    """Ten black rows, and over the upper ones a frame in `ink`."""
    image = Image.new("RGB", (WIDE, HIGH), (252, 250, 246))
    draw = ImageDraw.Draw(image)
    for row in range(10):
        draw.rectangle((100, 60 + 40 * row, 700, 72 + 40 * row), fill=(25, 25, 25))
    if ink:
        draw.rectangle((90, 75, 400, 160), outline=ink, width=5)
    pixels = np.asarray(image)
    return pixels[..., 0].copy(), pixels[..., 1].copy(), pixels[..., 2].copy()


def line(slope: float = 0.0, sure: float = SURE) -> list[list[object]]:
    """Eight words of which each stands `slope` pixels lower than the one before, for each pixel to the right."""
    words = []
    for at in range(8):
        x, y = 100 + 70 * at, 200 + slope * 70 * at
        words.append(["chữ", x / WIDE, y / HIGH, (x + 50) / WIDE, (y + 16) / HIGH, sure])
    return words


def picture(ink: tuple[int, int, int] | None = None) -> Picture:
    channels = page(ink)
    return Picture(channels[0], colourless(*channels), bilevel=False)


def test_a_page_without_stamps_that_lies_straight_is_looked_at_once() -> None:
    assert head_of(picture(), [line()]) is None
    assert head_of(replace(picture(), bilevel=True), [line(sure=UNSURE)]) is None


@pytest.mark.parametrize("ink", [(40, 50, 150), (110, 50, 140), (20, 120, 60)])
def test_blue_violet_and_green_ink_is_paper_and_black_print_stays(ink: tuple[int, int, int]) -> None:
    head = head_of(picture(ink), [line()])
    assert head is not None
    assert head.grey[117, 92] > 200
    assert head.grey[66, 300] < 60
    assert head.grey.shape[0] == pytest.approx(HIGH / 2, abs=1)


def test_red_ink_is_paper_for_the_first_look_already() -> None:
    assert head_of(picture((200, 30, 40)), [line()]) is None


def test_on_a_grey_scan_paler_ink_is_paper_where_something_was_hard_to_read() -> None:
    grey = page((85, 85, 85))[0]
    assert head_of(Picture(grey, None, bilevel=False), [line()]) is None
    head = head_of(Picture(grey, None, bilevel=False), [line(sure=UNSURE)])
    assert head is not None
    assert head.grey[117, 92] > 200
    assert head.grey[66, 300] < 60


@pytest.mark.parametrize("degrees", [-2.5, 1.5, 3.0])
def test_a_page_askew_is_turned_and_its_words_are_told_where_they_stood(degrees: float) -> None:
    tangent = -np.tan(np.radians(degrees))
    assert angle_of([line(tangent)], (HIGH, WIDE)) == pytest.approx(degrees, abs=0.01)
    grey = np.full((HIGH, WIDE), 255, np.uint8)
    grey[150:160, 600:630] = 0
    head = head_of(Picture(grey, None, bilevel=False), [line(tangent)])
    assert head is not None
    rows, columns = np.nonzero(head.grey < 128)
    high, wide = head.grey.shape
    box = (columns.min() / wide, rows.min() / high, (columns.max() + 1) / wide, (rows.max() + 1) / high)
    assert rows.mean() != pytest.approx(154.5, abs=1)
    _, left, top, right, bottom, sure = head.placed(["x", *box, SURE])
    assert (left + right) / 2 * WIDE == pytest.approx(615, abs=1.5)
    assert (top + bottom) / 2 * HIGH == pytest.approx(155, abs=1.5)
    assert sure == SURE


def test_what_lies_more_askew_than_any_page_is_not_turned() -> None:
    assert head_of(picture(), [line(0.3)]) is None
