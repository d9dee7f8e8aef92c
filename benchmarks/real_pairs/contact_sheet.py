"""A contact sheet: pairs side by side in one picture, for eyes to judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

SIDE = 160
"""Pixels of a picture's longer side."""
_GAP, _LINE = 16, 20


@dataclass(frozen=True)
class Shown:
    """The places of a pair's two pictures, and the words under the two."""

    source: Path
    target: Path
    words: str


def draw(pairs: Sequence[Shown], page: Path, columns: int) -> None:
    """Write all pairs into one picture, row by row. The name of the page says its format."""
    width, height = 2 * SIDE + _GAP, SIDE + _LINE
    rows = max(1, -(-len(pairs) // columns))
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    pen = ImageDraw.Draw(sheet)
    for number, pair in enumerate(pairs):
        left, top = number % columns * width, number // columns * height
        for place, path in enumerate((pair.source, pair.target)):
            with Image.open(path) as picture:
                small = picture.convert("RGB")
            small.thumbnail((SIDE, SIDE))
            sheet.paste(small, (left + place * SIDE, top))
        pen.text((left, top + SIDE), pair.words, fill="black")
    sheet.save(page)
