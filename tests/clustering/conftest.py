"""Small corpora of real photographs, and sets mined from them."""

import io
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from clustering.gates.views import View
from clustering.mine import mine
from clustering.settings import MineSettings
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


def view(image: Pillow.Image) -> View:
    return View(np.asarray(image.convert("RGB"), dtype=np.uint8))


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


SETTINGS: dict[str, Any] = {
    "encoder": "lite0",
    "workers": 1,
    "images_per_shard": 2,
    "candidates_per_shard": 1,
    "cell_size": 4,
}
"""Small parts, so that a small corpus fills several shards of every stage."""


def mined(folder: Path, *corpus: Path, **changes: Any) -> PairSet:
    places = [str(path) for path in corpus]
    mine(MineSettings(set_url=str(folder), corpus=places, **(SETTINGS | changes)))
    return PairSet(str(folder))


def shard_times(folder: Path) -> dict[str, int]:
    """When each shard under a folder was written, in nanoseconds."""
    found = folder.rglob("*.parquet")
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in found}


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four scenes, each with an edit, in nested folders: eight files. Not to be changed."""
    folder = tmp_path_factory.mktemp("small") / "corpus"
    for number, scene in enumerate(("astronaut", "chelsea", "coffee", "rocket")):
        place = folder / f"album-{number % 3}" / "inner"
        place.mkdir(parents=True, exist_ok=True)
        picture = photo(scene, side=128)
        picture.save(place / f"{number}.png")
        with_sticker(picture).save(place / f"{number}-edit.png")
    return folder


@pytest.fixture(scope="session")
def undisturbed(small_corpus: Path) -> PairSet:
    """The set mined from the small corpus in one go. Not to be changed."""
    return mined(small_corpus.parent / "set", small_corpus)


@pytest.fixture
def copied_set(undisturbed: PairSet, tmp_path: Path) -> Path:
    """A folder with the same set, to go on with."""
    return Path(shutil.copytree(undisturbed.url, tmp_path / "copied"))


def shuffled_names(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [f"{number:04d}" for number in rng.sample(range(count), count)]
