"""Small corpora of real photographs, and sets mined from them."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from clustering.alignment import Pixels
from pairset.records import Pair, rows_of
from pairset.store import PairSet


def photo(name: str, side: int = 256) -> Pillow.Image:
    """The central square of a photograph that ships with scikit-image."""
    from skimage import data

    image = Pillow.fromarray(getattr(data, name)()).convert("RGB")
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    box = (left, top, left + edge, top + edge)
    return image.resize((side, side), Pillow.Resampling.LANCZOS, box=box)


def pixels(image: Pillow.Image) -> Pixels:
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def encoded(image: Pillow.Image, kind: str = "JPEG", quality: int = 95) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=quality)
    return buffer.getvalue()


def with_sticker(image: Pillow.Image) -> Pillow.Image:
    edited = image.copy()
    ImageDraw.Draw(edited).ellipse((20, 30, 52, 62), fill=(230, 30, 200))
    return edited


def noise(seed: int, side: int = 64) -> Pillow.Image:
    """A small picture of coloured blots, unlike any other."""
    grid = np.random.default_rng(seed).integers(0, 255, (12, 12, 3), dtype=np.uint8)
    return Pillow.fromarray(grid).resize((side, side), Pillow.Resampling.BICUBIC)


def pair_rows(pair_set: PairSet) -> list[Pair]:
    stage = pair_set.current("pairs")
    assert stage is not None
    return [pair for table in stage.tables() for pair in rows_of(Pair, table)]


def all_rows(pair_set: PairSet, stage: str) -> pa.Table:
    folder = pair_set.current(stage) or pair_set.stage(stage)
    return pa.concat_tables(folder.tables())


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Six pictures, each with an edit, in nested folders: twelve files."""
    folder = tmp_path / "corpus"
    for number in range(6):
        place = folder / f"album-{number % 3}" / "inner"
        place.mkdir(parents=True, exist_ok=True)
        picture = noise(number, side=128)
        picture.save(place / f"{number}.png")
        with_sticker(picture).save(place / f"{number}-edit.png")
    return folder


Edit = Callable[[Pillow.Image], Pillow.Image]


def shuffled_names(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [f"{number:04d}" for number in rng.sample(range(count), count)]
