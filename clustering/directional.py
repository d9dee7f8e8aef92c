"""Where images move and where their captions do, in the one space that a CLIP has for both."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clustering.embed import Batches, embed
from clustering.encoders.protocol import TextEncoder, Vectors
from pairset.exemplars.retrieval import directions_of
from pairset.records import Embedding, Image, rows_of
from pairset.rows.places import PlacedImage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_STORED = """
    SELECT image_id, vector FROM embeddings
    WHERE encoder = $encoder AND vector IS NOT NULL AND image_id IN (SELECT unnest($image_ids))
"""
_FILES = "FROM images WHERE image_id IN (SELECT unnest($image_ids)) ORDER BY image_id, uri"


@dataclass(frozen=True, slots=True)
class Described:
    """An annotation that is to be compared with its images."""

    probe_id: str
    attempt: int
    annotation_id: str
    pair_id: str
    prompt_id: str
    source_id: str
    target_id: str
    source_caption: str | None
    target_caption: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A similarity, or why there is none."""

    similarity: float | None = None
    """Cosine between the two directions, -1 to 1."""
    error_code: str | None = None
    error: str | None = None


class SpaceOfBoth:
    """Vectors of images and of texts by one encoder; those of images from the set where it can."""

    def __init__(
        self, tables: "DuckDBPyConnection", encoder: TextEncoder, key: str, batch_size: int
    ) -> None:
        self._tables = tables
        self._encoder = encoder
        self._key = key
        self._batch_size = batch_size

    def images(self, image_ids: Sequence[str]) -> dict[str, Embedding]:
        """A row for each image, with its vector or with what is wrong with it."""
        wanted = sorted(set(image_ids))
        asked = {"encoder": self._key, "image_ids": wanted}
        stored = self._tables.sql(_STORED, params=asked).to_arrow_table().to_pylist()
        found = {row["image_id"]: Embedding(row["image_id"], row["vector"]) for row in stored}
        left = {"image_ids": [name for name in wanted if name not in found]}
        files = self._tables.sql(_FILES, params=left).to_arrow_table()
        uris: dict[str, list[str]] = {}
        for image in rows_of(Image, files):
            uris.setdefault(image.image_id, []).append(image.uri)
        images = [PlacedImage(image_id, tuple(places)) for image_id, places in uris.items()]
        batches = Batches(self._encoder, images, self._batch_size)
        encoded = (row for batch in batches for row in embed(self._encoder, batch))
        return found | {row.image_id: row for row in encoded}

    def texts(self, texts: Sequence[str]) -> dict[str, Vectors]:
        """The vector of each text."""
        wanted = sorted(set(texts))
        vectors: list[Vectors] = []
        for start in range(0, len(wanted), self._batch_size):
            vectors.extend(self._encoder.encode_texts(wanted[start : start + self._batch_size]))
        return dict(zip(wanted, vectors, strict=True))


def compare(space: SpaceOfBoth, shard: Sequence[Described]) -> Iterator[Compared]:
    """What came of each annotation, in order."""
    images = space.images([name for each in shard for name in (each.source_id, each.target_id)])
    captions = space.texts(
        [text for each in shard for text in (each.source_caption, each.target_caption) if text]
    )
    for each in shard:
        yield _trouble(each, images) or _compared(each, images, captions)


def _trouble(each: Described, images: Mapping[str, Embedding]) -> Compared | None:
    if not each.source_caption or not each.target_caption:
        return Compared(error_code="no_caption", error="the annotation lacks a caption")
    for name in (each.source_id, each.target_id):
        row = images.get(name)
        if row is None or row.vector is None:
            code, error = (row.error_code, row.error) if row else ("missing", "no such image")
            return Compared(error_code=f"image_{code}", error=f"image {name}: {error}")
    return None


def _compared(
    each: Described, images: Mapping[str, Embedding], captions: Mapping[str, Vectors]
) -> Compared:
    ends = (each.source_id, each.target_id)
    seen = directions_of(*(np.array([images[name].vector]) for name in ends))
    said = directions_of(*(captions[str(text)][None] for text in _captions(each)))
    if not (seen.any() and said.any()):
        what = "captions" if seen.any() else "images"
        return Compared(error_code="no_direction", error=f"the two {what} have one vector")
    return Compared(float((seen * said).sum()))


def _captions(each: Described) -> tuple[str | None, str | None]:
    return each.source_caption, each.target_caption
