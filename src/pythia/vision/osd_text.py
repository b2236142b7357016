"""Texts over pictures: TrueType letters through Pillow, kept ready as stamps.

Sizes and margins are those of DeepStream, which renders through Pango: a font size is in points at
96 dots an inch and at least 10, the background reaches half a font size beyond the text on the
left and right, and a quarter above and below.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pythia.exceptions import MissingDependencyError
from pythia.vision.image import Image, Plane
from pythia.vision.osd_params import Text
from pythia.vision.paint import Ink, Stamp, ink, make_stamp, put_stamp

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

MIN_FONT_SIZE, MAX_FONT_SIZE = 10, 60
"""Limits that DeepStream sets to font sizes."""
_PIXELS_PER_POINT = 96 / 72
_STYLES = ("thin", "light", "medium", "semibold", "bold", "black", "italic", "oblique", "condensed")


def draw_text(image: Image, text: Text) -> None:
    """Draw a text, of several lines if it has line breaks, on its background if ``set_bg_clr``.

    Rendered texts are kept, so that one which was drawn before costs one copy.

    Raises:
        MissingDependencyError: Pillow is not installed.
    """
    if not text.display_text:
        return
    font = text.font_params
    background = text.text_bg_clr if text.set_bg_clr else None
    size = min(max(int(font.font_size), MIN_FONT_SIZE), MAX_FONT_SIZE)
    colors = ink(image, font.font_color, background)
    stamp = _stamp(text.display_text, font.font_name or "Serif", size, colors)
    put_stamp(image, stamp, max(int(text.x_offset), 0), max(int(text.y_offset), 0))


@lru_cache(maxsize=512)
def _stamp(text: str, font_name: str, size: int, colors: Ink) -> Stamp:
    return make_stamp(letters(text, font_name, size), colors)


@lru_cache(maxsize=512)
def letters(text: str, font_name: str, size: int) -> Plane:
    """The coverage (255 is ink) of a text with its margins; ``size`` is in points."""
    font = _font(font_name, size)
    from PIL import Image as PillowImage
    from PIL import ImageDraw

    lines = text.split("\n")
    ascent, descent = font.getmetrics()
    line_height = ascent + descent
    x_margin, y_margin = size // 2, size // 4
    width = max(int(np.ceil(font.getlength(line))) for line in lines) + 2 * x_margin
    canvas = PillowImage.new("L", (width, line_height * len(lines) + 2 * y_margin))
    draw = ImageDraw.Draw(canvas)
    for i, line in enumerate(lines):
        draw.text((x_margin, y_margin + i * line_height), line, fill=255, font=font)
    return np.asarray(canvas, np.uint8)


@lru_cache(maxsize=32)
def _font(name: str, size: int) -> FreeTypeFont:
    try:
        from PIL import ImageFont
    except ImportError as error:
        raise MissingDependencyError(
            "drawing text needs Pillow, which is not installed: pip install 'pythiags[portable]'"
        ) from error
    pixels = size * _PIXELS_PER_POINT
    file = font_file(name)
    # Without a file: the font that comes with Pillow.
    found = ImageFont.truetype(file, pixels) if file else ImageFont.load_default(pixels)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


@lru_cache(maxsize=32)
def font_file(name: str) -> str | None:
    """The file of the installed font that is nearest to a name such as ``Serif`` or ``Arial Bold``.

    None where fontconfig's ``fc-match`` is not installed or knows no font.
    """
    words = name.split()
    styles = [word for word in words if word.lower() in _STYLES]
    family = " ".join(word for word in words if word.lower() not in _STYLES)
    pattern = ":".join([family.replace("-", r"\-"), *(style.lower() for style in styles)])
    program = shutil.which("fc-match")
    if program is None:
        return None
    command = [program, "--format=%{file}", pattern]
    found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    return found.stdout or None
