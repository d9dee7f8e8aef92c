"""Photographs that the starter was not trained on, by scene.

The packages of its training photos hold other pictures too. Those that look like no training photo
to the offline encoder and to a perceptual hash are unseen, and stand beside the held-out photos.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from annotator.chunks import batches
from clustering.corpus.perceptual_hashes import perceptual_hashes
from clustering.encoders.choice import load_encoder, parse_encoder
from clustering.encoders.protocol import Vectors
from finetune.planted.photos import (
    CROP_SIDE,
    cut_crops,
    held_out_photos,
    is_lively,
    training_photos,
)
from pairset.decoding import DecodedImage, decode
from pairset.formats.jpegs import LeastSides
from pairset.rows.union_find import root

_MOST_ALIKE = 0.75
"""Cosine of the offline encoder from which two pictures count as one scene, as in mining."""
_LEAST_BITS = 12
"""Perceptual hashes that differ by no more may show the same picture."""
_BATCH = 16
_LOOKED_AT = 800
"""Longest side, in pixels, at which a picture is judged lively."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """One picture, and the scene it belongs to."""

    path: Path
    scene: str


@dataclass(frozen=True, slots=True)
class View:
    """A square crop of a photograph."""

    scene: str
    pixels: Image.Image


def unseen_photographs(folder: Path) -> list[Photograph]:
    """All of them, by path; ``folder`` keeps the packages, which apt fetches."""
    trained = list(training_photos(folder))
    others = sorted(path for path in folder.rglob("*.jp*g") if path not in set(trained))
    held_out = list(held_out_photos())
    found = [path for path in (*held_out, *others) if _is_usable(path)]
    known, vectors = _vectors(trained), _vectors(found)
    unseen = [
        place
        for place, path in enumerate(found)
        if path in held_out or _differs(path, vectors[place], trained, known)
    ]
    scenes = _scenes([found[place] for place in unseen], vectors[unseen])
    return [Photograph(found[place], scene) for place, scene in zip(unseen, scenes, strict=True)]


def views(rng: random.Random, photographs: Sequence[Photograph], count: int) -> list[View]:
    """So many lively crops in random order, as many of each photograph as there are."""
    each = -(-2 * count // len(photographs))
    found = [
        View(photo.scene, crop)
        for photo in photographs
        for crop in cut_crops(rng, photo.path, each)
    ]
    rng.shuffle(found)
    if len(found) < count:
        raise ValueError(f"{len(found)} lively crops in {len(photographs)} pictures, not {count}")
    return found[:count]


def _is_usable(path: Path) -> bool:
    with Image.open(path) as file:
        if min(file.size) < CROP_SIDE:
            return False
        file.draft("RGB", (_LOOKED_AT, _LOOKED_AT))
        small = file.convert("RGB")
    small.thumbnail((_LOOKED_AT, _LOOKED_AT))
    return is_lively(small)


def _vectors(paths: Sequence[Path]) -> Vectors:
    encoder = load_encoder(parse_encoder("lite0"))
    return np.concatenate(
        [
            encoder.encode([encoder.prepare(_decoded(path)) for path in batch])
            for batch in batches(paths, _BATCH)
        ]
    )


def _decoded(path: Path) -> DecodedImage:
    return decode(path.read_bytes(), least_sides=LeastSides(_LOOKED_AT, _LOOKED_AT))


def _differs(path: Path, vector: Vectors, trained: Sequence[Path], known: Vectors) -> bool:
    if float((known @ vector).max()) >= _MOST_ALIKE:
        return False
    return all(_bits_apart(path, other) > _LEAST_BITS for other in trained)


def _bits_apart(one: Path, other: Path) -> int:
    return (int(_hash(one), 16) ^ int(_hash(other), 16)).bit_count()


@cache
def _hash(path: Path) -> str:
    return perceptual_hashes(_decoded(path).pixels)[0]


def _scenes(paths: Sequence[Path], vectors: Vectors) -> list[str]:
    """Pictures that look alike are of one scene, directly or over others."""
    parents: dict[str, str] = {}
    names = [path.stem for path in paths]
    alike = vectors @ vectors.T >= _MOST_ALIKE
    for one, other in np.argwhere(np.triu(alike, 1)):
        parents[root(parents, names[one])] = root(parents, names[other])
    return [root(parents, name) for name in names]
