"""Cells: the corpus is parted so that each part's neighbour graph fits one worker.

Spherical k-means, trained on a sample, as in faiss's own inverted files. Every image goes to its
nearest cell and to others hardly further; a pair that meets in several belongs to the one with
the lowest number.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clustering.corpus.doubts import doubts_of
from clustering.encoders import Vectors
from clustering.settings import MineSettings
from pairset.files.damage import reading
from pairset.rows.planned import standing_images
from pairset.running.shards import Counts, ShardSpec
from pairset.store import PairSet, Stage

CENTROIDS = "plan-centroids"
"""Named as a plan: it is decided before the cells are filled, and is no shard of them."""
_SAMPLE_PER_CELL = 256
_TRAINING_ROUNDS = 20
_COPIED = ["image_id", "uri", "width", "height", "byte_size", "perceptual_hash", "mirrored_hash"]


@dataclass(frozen=True, slots=True)
class CellMember:
    """What the neighbour graph and the gates need to know of one image."""

    image_id: str
    uri: str
    width: int
    height: int
    byte_size: int
    perceptual_hash: str
    mirrored_hash: str
    cells: list[int]
    """Nearest first."""
    doubt: int = 0
    """Of its place, one of ``clustering.corpus.doubts.Doubt``."""


def cell_count(images: int, cell_size: int) -> int:
    """How many cells so many images need."""
    return max(1, math.ceil(images / cell_size))


def save_centroids(
    cells: Stage, embeddings: Stage, shards: Sequence[str], settings: MineSettings
) -> None:
    """Find the centroids of all cells and save them, unless they are there.

    Reads the embeddings shard by shard and keeps a sample only.
    """
    if cells.is_finished(CENTROIDS):
        return
    total = sum(embeddings.read(shard, ["image_id"]).num_rows for shard in shards)
    count = cell_count(total, settings.cell_size)
    centroids = np.zeros((1, 1), dtype=np.float32)
    if count > 1:
        share = min(1.0, count * _SAMPLE_PER_CELL / total)
        sample = list(_sampled(embeddings, shards, share, settings.seed))
        count = min(count, sum(len(vectors) for vectors in sample))
    if count > 1:
        centroids = spherical_kmeans(np.concatenate(sample), count, settings.seed)
    cells.write(CENTROIDS, pa.table({"centroid": list(centroids)}))


def saved_cells(cells: Stage) -> int:
    """How many cells there are, once their centroids are saved."""
    return int(cells.read(CENTROIDS).num_rows)


def _sampled(
    embeddings: Stage, shards: Sequence[str], share: float, seed: int
) -> Iterator[Vectors]:
    """A share of the vectors of each shard that has any."""
    for number, shard in enumerate(shards):
        column = embeddings.read(shard, ["vector"])["vector"].drop_null()
        vectors = stack_vectors(column)
        if not len(vectors):
            continue
        yield vectors[np.random.default_rng((seed, number)).random(len(vectors)) < share]


def spherical_kmeans(sample: Vectors, count: int, seed: int) -> Vectors:
    """Unit centroids of so many clusters, by inner product."""
    import faiss

    faiss.omp_set_num_threads(1)
    kmeans = faiss.Kmeans(
        sample.shape[1], count, niter=_TRAINING_ROUNDS, spherical=True, seed=seed,
        min_points_per_centroid=1,
    )  # fmt: skip
    kmeans.train(sample)
    return np.asarray(kmeans.centroids, dtype=np.float32)


def nearest_cells(
    vectors: Vectors, centroids: Vectors, cells_per_image: int, margin: float
) -> list[list[int]]:
    """Numbers of each vector's nearest cells, nearest first, and no further than the margin."""
    if len(centroids) == 1 or not len(vectors):
        return [[0]] * len(vectors)
    cosine = vectors @ centroids.T
    order = np.argsort(-cosine, axis=1, kind="stable")[:, :cells_per_image]
    ranked = np.take_along_axis(cosine, order, axis=1)
    counts = (ranked >= ranked[:, :1] - margin).sum(axis=1)
    return [row[:count].tolist() for row, count in zip(order, counts, strict=True)]


@dataclass(frozen=True, slots=True)
class CellInputs:
    """What one shard of cells is made from: the shards of its name of images and embeddings."""

    embedding_key: str


def run_shard(spec: ShardSpec) -> Counts:
    """Sort one shard of embeddings by cell.

    An image is there once for each of its cells, with all that later stages need to know of it.
    """
    settings = MineSettings.model_validate_json(spec.settings)
    pair_set = PairSet(spec.set_url)
    embeddings = pair_set.stage("embeddings", spec.inputs_as(CellInputs).embedding_key)
    embedded = embeddings.read(spec.shard, ["image_id", "vector"])
    embedded = embedded.filter(pc.is_valid(embedded["vector"]))
    centroids = stack_vectors(spec.output().read(CENTROIDS)["centroid"])
    vectors = stack_vectors(embedded["vector"])
    cells = nearest_cells(vectors, centroids, settings.cells_per_image, settings.cell_margin)
    near = dict(zip(embedded["image_id"].to_pylist(), range(len(cells)), strict=True))
    images = standing_images(pair_set, spec.shard, _COPIED)
    images = images.append_column("doubt", doubts_of(spec.output(), images["uri"].to_pylist()))
    table = _spread(images, embedded["vector"], near, cells)
    spec.output().write(spec.shard, table, row_group_size=max(1, settings.cell_size // 16))
    return Counts(table.num_rows)


def _spread(
    images: pa.Table, vectors: pa.ChunkedArray, near: dict[str, int], cells: list[list[int]]
) -> pa.Table:
    """One row for each image and each of its cells, sorted by cell."""
    ids = images["image_id"].to_pylist()
    usable = [(row, near[image_id]) for row, image_id in enumerate(ids) if image_id in near]
    spread = sorted((cell, row, place) for row, place in usable for cell in cells[place])
    taken = images.take([row for _, row, _ in spread] or pa.array([], pa.int64()))
    places = pa.array([place for _, _, place in spread], pa.int64())
    taken = taken.append_column("cells", pa.array([cells[p] for p in places.to_pylist()], _CELLS))
    taken = taken.append_column("vector", vectors.take(places))
    return taken.append_column("cell", pa.array([cell for cell, _, _ in spread], pa.int32()))


_CELLS = pa.list_(pa.int32())


def read_cell(cells: Stage, cell: int) -> tuple[list[CellMember], Vectors]:
    """Members of one cell in the order of their ids, doubts and URIs, and their vectors.

    Only the row groups that hold the cell are read.
    """
    tables = []
    for shard in cells.shards():
        path = cells.shard_path(shard)
        with reading(path), cells.pair_set.filesystem.open(path, "rb") as file:
            wanted = [("cell", "=", cell)]
            tables.append(pq.read_table(file, filters=wanted, use_threads=False, pre_buffer=False))
    # Cells of earlier versions doubt nothing.
    table = pa.concat_tables(tables, promote_options="default")
    columns = [name for name in (*_COPIED, "cells", "doubt") if name in table.column_names]
    order = [name for name in ("image_id", "doubt", "uri") if name in columns]
    table = table.sort_by([(name, "ascending") for name in order])
    vectors = stack_vectors(table["vector"])
    rows = table.select(columns).to_pylist()
    return [CellMember(**row) for row in rows], vectors


def largest_cell(cells: Stage) -> tuple[int, int]:
    """Images of the fullest cell, and the dimensions of their vectors; zeros where none is."""
    sizes: Counter[int] = Counter()
    dimensions = 0
    for shard in cells.shards():
        table = cells.read(shard, ["cell"] if dimensions else ["cell", "vector"])
        sizes.update(table["cell"].to_pylist())
        if table.num_rows and not dimensions:
            dimensions = len(table["vector"][0])
    return max(sizes.values(), default=0), dimensions


def owner(first: Sequence[int], second: Sequence[int]) -> int:
    """The one cell that a pair belongs to, of those both its images are in."""
    return min(set(first) & set(second))


def stack_vectors(column: pa.ChunkedArray) -> Vectors:
    """A column of lists of equal length as one array."""
    flat = pc.list_flatten(column).to_numpy().astype(np.float32)
    return np.asarray(flat.reshape(len(column), -1) if len(column) else flat.reshape(0, 0))
