from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pythia.vision import osd, osd_text
from pythia.vision.convert import convert, fill
from pythia.vision.image import Image, new_image

RED, GREEN, WHITE = (1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)


@dataclass
class Color:
    red: float = 0.0
    green: float = 0.0
    blue: float = 0.0
    alpha: float = 0.0


class Shape(SimpleNamespace):
    """Any of DeepStream's parameter structures, with what drawing it needs and no more."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@dataclass
class Font:
    font_name: str | None = "Serif"
    font_size: int = 12
    font_color: Color = field(default_factory=lambda: Color(*WHITE))


def rect(left: float, top: float, width: float, height: float, **values: Any) -> Any:
    values = {"border_width": 0, "has_bg_color": 0, "border_color": Color(*RED), **values}
    return Shape(left=left, top=top, width=width, height=height, **values)


def text(words: str | None, x: int, y: int, background: Color | None = None) -> Any:
    return Shape(
        display_text=words,
        x_offset=x,
        y_offset=y,
        font_params=Font(),
        set_bg_clr=int(background is not None),
        text_bg_clr=background,
    )


def canvas(format: str = "RGB", width: int = 160, height: int = 120) -> Image:
    image = new_image(format, width, height, "bt709")
    fill(image, 0.4, 0.5, 0.6)
    return image


def rgb(image: Image) -> NDArray[np.int64]:
    target = new_image("RGB", image.width, image.height)
    convert(image, target)
    return target.planes[0].astype(np.int64)


def changed(image: Image) -> NDArray[np.bool_]:
    """Which pixels differ from the empty canvas."""
    empty = rgb(canvas(image.format, image.width, image.height))
    return np.asarray((np.abs(rgb(image) - empty) > 3).any(axis=2))


def box_of(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom (exclusive) of what is set."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_the_border_lies_half_inside_and_half_outside_of_the_box() -> None:
    image = canvas()

    osd.draw_rect(image, rect(20.9, 30.2, 50, 40, border_width=4))

    expected = np.zeros((120, 160), bool)
    expected[28:72, 18:72] = True
    expected[32:68, 22:68] = False
    np.testing.assert_array_equal(changed(image), expected)
    assert (rgb(image)[28, 18] == (255, 0, 0)).all()


def test_a_border_of_width_zero_is_not_drawn() -> None:
    image = canvas()

    osd.draw_rect(image, rect(20, 30, 50, 40))

    assert not changed(image).any()


def test_a_box_smaller_than_its_border_is_filled_by_it() -> None:
    image = canvas()

    osd.draw_rect(image, rect(20, 30, 2, 2, border_width=6))

    assert box_of(changed(image)) == (17, 27, 25, 35)
    assert changed(image)[27:35, 17:25].all()


def test_the_filling_is_blended_by_its_alpha() -> None:
    image = canvas()

    osd.draw_rect(image, rect(20, 30, 50, 40, has_bg_color=1, bg_color=Color(1, 0, 0, 0.25)))

    expected = np.array([0.4, 0.5, 0.6]) * 255 * 0.75 + np.array([255, 0, 0]) * 0.25
    assert np.abs(rgb(image)[50, 40] - expected).max() <= 1
    assert box_of(changed(image)) == (20, 30, 70, 70)


@pytest.mark.parametrize("format", ["NV12", "I420"])
@pytest.mark.parametrize("alpha", [1.0, 0.5])
def test_chroma_reaches_a_pixel_beyond_luma_at_most(format: str, alpha: float) -> None:
    for place in (20, 21):
        image = canvas(format)

        color = Color(1, 0, 0, alpha)
        osd.draw_rect(image, rect(place, place, 30, 30, has_bg_color=1, bg_color=color))

        edge = place + 30
        assert box_of(changed(image)) == (place // 2 * 2,) * 2 + (-(-edge // 2) * 2,) * 2


FAR = [(-500, -500), (500, 20), (20, 500), (-20, -20), (150, 110), (-1000, 30)]


def every_shape(x: float, y: float) -> list[tuple[Callable[..., None], tuple[Any, ...]]]:
    """One of each, 40 pixels across, at a place."""
    left, top = int(x), int(y)
    box = rect(x, y, 40, 40, border_width=3, has_bg_color=1, bg_color=Color(0, 0, 1, 0.5))
    ones = np.ones(16, np.float32)
    mask = Shape(width=4, height=4, threshold=0.5, get_mask_array=lambda: ones)
    ends = {"x1": left, "y1": top, "x2": left + 40, "y2": top + 40}
    circle = Shape(
        xc=left + 20,
        yc=top + 20,
        radius=20,
        circle_color=Color(*GREEN),
        has_bg_color=1,
        bg_color=Color(1, 1, 0, 0.5),
    )
    drawn: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
        (osd.draw_rect, (box,)),
        (osd.draw_mask, (box, mask)),
        (osd.blur_rect, (box, mask)),
        (osd.blur_rect, (box,)),
        (osd.draw_circle, (circle,)),
        (osd_text.draw_text, (text("any", left, top, Color(0, 0, 0, 0.5)),)),
    ]
    for color in (Color(*GREEN), Color(1, 0, 1, 0.5)):
        drawn.append((osd.draw_line, (Shape(**ends, line_width=3, line_color=color),)))
        arrow = Shape(**ends, arrow_width=2, arrow_head=2, arrow_color=color)
        drawn.append((osd.draw_arrow, (arrow,)))
    return drawn


@pytest.mark.parametrize("format", ["RGBA", "NV12", "I420", "RGB", "GRAY8"])
@pytest.mark.parametrize(("x", "y"), FAR)
def test_what_is_outside_of_the_picture_is_cut_off(x: int, y: int, format: str) -> None:
    whole, part = canvas(format, 400, 400), canvas(format)
    shapes, same = every_shape(x, y), every_shape(x + 120, y + 120)
    del shapes[5], same[5]  # a text's offsets are never negative
    del shapes[2:4], same[2:4]  # blurring depends on what lies around

    for (draw, arguments), (_, moved) in zip(shapes, same, strict=True):
        draw(part, *arguments)
        draw(whole, *moved)

    difference = np.abs(rgb(whole)[120:240, 120:280] - rgb(part))
    assert difference.mean() < 0.5


@pytest.mark.parametrize("number", range(len(every_shape(0, 0))))
def test_far_away_coordinates_are_harmless(number: int) -> None:
    for place in (-5e9, -300, 400, 4e9):
        draw, arguments = every_shape(place, place)[number]
        image = canvas("NV12")
        at_origin = draw is osd_text.draw_text and place < 0  # DeepStream moves it to 0

        draw(image, *arguments)

        assert changed(image).any() == at_origin


@pytest.mark.parametrize("size", [(160, 120), (161, 121)])
@pytest.mark.parametrize("format", ["NV12", "I420"])
def test_yuv_pictures_look_like_rgb_pictures(format: str, size: tuple[int, int]) -> None:
    for draw, arguments in every_shape(41, 31):
        in_rgb, in_yuv = canvas("RGBA", *size), canvas(format, *size)

        draw(in_rgb, *arguments)
        draw(in_yuv, *arguments)

        assert np.abs(rgb(in_rgb) - rgb(in_yuv)).mean() < 3.5, draw
        luma = [np.abs(rgb(i) @ (0.2126, 0.7152, 0.0722)) for i in (in_rgb, in_yuv)]
        assert np.abs(luma[0] - luma[1]).mean() < 1.2, draw


def test_alpha_stays_opaque_whatever_is_drawn() -> None:
    image = canvas("BGRA")

    for draw, arguments in every_shape(30, 30):
        draw(image, *arguments)

    assert image.planes[0][..., 3].min() >= 254


def test_a_mask_is_scaled_to_its_box_and_tints_half() -> None:
    image = canvas()
    values = np.zeros((8, 8), np.float32)
    values[:, 4:] = 0.9
    mask = Shape(width=8, height=8, threshold=0.5, get_mask_array=values.ravel)

    osd.draw_mask(image, rect(20, 30, 80, 40), mask)

    left, top, right, bottom = box_of(changed(image))
    assert abs(left - 60) <= 2
    assert (top, right, bottom) == (30, 100, 70)
    expected = np.array([0.4, 0.5, 0.6]) * 255 * (128 / 255) + np.array([127, 0, 0])
    assert np.abs(rgb(image)[50, 90] - expected).max() <= 2


@pytest.mark.parametrize("size", [(0, 0), (17, 3), (8, 7)])
def test_what_is_no_mask_of_its_size_is_not_drawn_and_told_once(
    size: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    image, whole = canvas(), canvas()
    points = np.ones(50, np.float32)
    mask = Shape(width=size[0], height=size[1], threshold=0.5, get_mask_array=points.ravel)
    osd._warn_of_size.cache_clear()

    for _ in range(3):
        osd.draw_mask(image, rect(20, 30, 80, 40), mask)
    untouched = not changed(image).any()
    osd.blur_rect(image, rect(20, 30, 80, 40), mask)
    osd.blur_rect(whole, rect(20, 30, 80, 40))

    assert untouched
    assert (rgb(image) == rgb(whole)).all()
    assert caplog.messages == [
        f"50 values in mask_params are no mask of {size[0]}x{size[1]}, and are not drawn"
    ]


@pytest.mark.parametrize(("head", "ends"), [(0, "start"), (1, "end"), (2, "both")])
def test_an_arrow_has_its_head_where_it_was_asked_for(head: int, ends: str) -> None:
    image = canvas()
    color = Color(*GREEN)

    osd.draw_arrow(
        image, Shape(x1=20, y1=60, x2=140, y2=60, arrow_width=1, arrow_head=head, arrow_color=color)
    )

    heights = changed(image).sum(axis=0)
    assert (heights[24:32].max() > 4) == (ends in ("start", "both"))
    assert (heights[128:136].max() > 4) == (ends in ("end", "both"))


def test_a_circle_is_a_ring_around_its_centre() -> None:
    image = canvas()

    osd.draw_circle(
        image, Shape(xc=80, yc=60, radius=30, circle_color=Color(*GREEN), has_bg_color=0)
    )

    left, top, right, bottom = box_of(changed(image))
    assert abs(left + right - 161) <= 1
    assert abs(top + bottom - 121) <= 1
    assert 60 <= right - left <= 65
    assert not changed(image)[45:75, 65:95].any()


def test_blurring_removes_detail_inside_of_the_box_only() -> None:
    image = canvas()
    noise = np.random.default_rng(1).integers(0, 256, image.planes[0].shape, dtype=np.uint8)
    image.planes[0][...] = noise

    osd.blur_rect(image, rect(40, 30, 60, 50))

    np.testing.assert_array_equal(image.planes[0][:30], noise[:30])
    np.testing.assert_array_equal(image.planes[0][30:80, 100:], noise[30:80, 100:])
    assert image.planes[0][30:80, 40:100].std() < noise.std() / 3


def test_the_background_of_a_text_has_deepstreams_margins() -> None:
    image = canvas()

    osd_text.draw_text(image, text("WWW", 10, 20, Color(0, 0, 0, 1)))

    left, top, right, bottom = box_of(changed(image))
    letters = rgb(image).sum(axis=2)[top:bottom, left:right] > 300
    inner_left, _, inner_right, _ = box_of(letters)
    assert (left, top) == (10, 20)
    assert 5 <= inner_left <= 8
    assert 5 <= (right - left) - inner_right <= 8
    assert 21 <= bottom - top <= 30  # 12 points are 16 pixels, and a line is a bit higher


def test_line_breaks_make_a_text_higher() -> None:
    one = osd_text.letters("ab", "Serif", 12)
    two = osd_text.letters("ab\nab", "Serif", 12)

    assert two.shape[1] == one.shape[1]
    assert two.shape[0] > 1.6 * one.shape[0]


def test_text_without_background_leaves_the_picture_between_letters() -> None:
    image = canvas()

    osd_text.draw_text(image, text("I I", 10, 20))

    share = changed(image)[20:45, 10:50].mean()
    assert 0.02 < share < 0.5


@pytest.mark.parametrize("words", [None, ""])
def test_no_text_is_not_drawn(words: str | None) -> None:
    image = canvas()

    osd_text.draw_text(image, text(words, 10, 20, Color(0, 0, 0, 1)))

    assert not changed(image).any()


def test_style_words_of_a_font_name_choose_the_style() -> None:
    regular = osd_text.letters("weight", "Serif", 20)
    bold = osd_text.letters("weight", "Serif Bold", 20)

    if osd_text.font_file("Serif") == osd_text.font_file("Serif Bold"):
        pytest.skip("no bold font is installed")
    assert (bold > 128).sum() > 1.2 * (regular > 128).sum()


def test_without_fontconfig_the_font_of_pillow_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for cache in (osd_text.font_file, osd_text._font, osd_text.letters):
        cache.cache_clear()

    drawn = osd_text.letters("abc", "Serif", 12)

    for cache in (osd_text.font_file, osd_text._font, osd_text.letters):
        cache.cache_clear()
    assert (drawn > 128).any()
