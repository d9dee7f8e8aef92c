"""Settings of ``pairset mine`` and ``pairset direction``."""

import os
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from clustering.encoder_kinds import english_kinds, help_of
from pairset.app.command.fields import Positional
from pairset.settings import MOST_SEED, ExecutorSettings, VerbSettings
from pairset.stage_marks import NO_ROWS, stage

DEFAULT_ENCODER = "open_clip:xlm-roberta-base-ViT-B-32/laion5b_s13b_b90k"
Dtype = Literal["auto", "bf16", "fp32"]
"""What the weights of an encoder are kept in."""


MOST_WORKERS = 512
"""Each loads an encoder of its own."""


class MineSettings(ExecutorSettings):
    """Find related pairs in a corpus of images."""

    verb: ClassVar[str] = "mine"
    stages: ClassVar[Mapping[str, str]] = {
        "executor": "where it runs",
        "image_column": "images and their embeddings",
        "cell_size": "cells of a large corpus",
        "neighbors": "neighbours",
        "scene_method": "scenes",
        "candidates_per_cluster": "candidates, and the gates they pass",
        "pair_graph": "pairs that are kept",
        "seed": "chance",
    }

    model_config = SettingsConfigDict(env_prefix="PAIRSET_MINE_")

    corpus: Annotated[Positional[list[str]], stage("images")]
    """Folders of any nesting, image files, WebDataset tars, Parquet files, fsspec URLs."""
    image_column: Annotated[list[str], stage("images")] = Field(default=[])
    """A column of Parquet files that holds images; give the flag once for each column. Default:
    the columns that HF datasets declare as images, structs with bytes, and binary columns named
    image, jpg or similar."""
    encoder: Annotated[str, stage("embeddings")] = Field(
        default=DEFAULT_ENCODER, description=help_of()
    )
    dtype: Annotated[Dtype, stage("embeddings")] = "auto"
    """Number type of the encoder's weights. auto: bf16 where the CPU or GPU multiplies bf16 faster
    than fp32. lite0 always computes in fp32."""
    workers: Annotated[int, NO_ROWS] = Field(
        default=min(os.cpu_count() or 1, MOST_WORKERS), gt=0, le=MOST_WORKERS
    )
    """Worker processes. The rows do not depend on their number."""
    images_per_shard: Annotated[int, stage("images")] = Field(default=2048, gt=0, le=1_000_000)
    """Images in one shard. An interrupted run loses at most one shard for each worker."""
    batch_size: Annotated[int, NO_ROWS] = Field(default=32, gt=0, le=65_536)
    """Images in one forward pass of the encoder."""
    cell_size: Annotated[int, stage("cells")] = Field(default=500_000, gt=0, le=100_000_000)
    """Images in one k-means cell, approximately. A smaller corpus is one cell."""
    cells_per_image: Annotated[int, stage("cells")] = Field(default=4, gt=0, le=1024)
    """Maximum number of cells that hold one image. An image near the border of two cells is put in
    both, so that no scene is cut."""
    cell_margin: Annotated[float, stage("cells")] = Field(default=0.06, ge=0, le=2)
    """An image is put in a cell if its cosine to the cell's centroid is at most this much lower
    than its cosine to the nearest centroid."""
    neighbors: Annotated[int, stage("candidates")] = Field(default=16, gt=0, le=10_000)
    """Each image is paired with this many of its nearest images in the scene."""
    scene_neighbors: Annotated[int, stage("candidates")] = Field(default=64, gt=0, le=10_000)
    """Neighbours of each image in the graph from which scenes are made."""
    neighbor_search: Annotated[Literal["auto", "exact", "approximate"], stage("candidates")] = (
        "auto"
    )
    """exact: finds all neighbours; the time grows with the square of the cell. approximate:
    searches within k-means lists and misses some neighbours. auto: exact up to --exact-ceiling
    images."""
    exact_ceiling: Annotated[int, stage("candidates")] = Field(
        default=300_000, gt=0, le=100_000_000
    )
    """Largest cell, in images, that auto searches exactly."""
    lists_memory: Annotated[float, stage("candidates")] = Field(default=8.0, gt=0, le=100_000)
    """Memory in GB for the vectors of an approximate search. Where the vectors need more, auto
    searches exactly."""
    similarity_floor: Annotated[float | None, stage("candidates")] = Field(
        default=None, ge=-1, le=1
    )
    """Minimum cosine of two neighbours in the graph. Default: the encoder's own value."""
    similarity_ceiling: Annotated[float, stage("candidates")] = Field(default=1.0, ge=-1, le=1)
    """A pair with a higher cosine is a near-duplicate, and its pixels are not compared. At 1 the
    pixels of all pairs are compared: edits of light and colour have cosines as high as copies."""
    phash_link_ceiling: Annotated[int, stage("candidates")] = Field(default=12, ge=0, le=64)
    """Two images are neighbours in the graph if their perceptual hashes differ in at most this many
    of 64 bits."""
    scene_method: Annotated[Literal["shared_neighbors", "hdbscan"], stage("candidates")] = (
        "shared_neighbors"
    )
    """How scenes are found. shared_neighbors: two near images are one scene if they have the same
    neighbours. hdbscan: a dense region is one scene."""
    scene_similarity: Annotated[float | None, stage("candidates")] = Field(
        default=None, ge=-1, le=1
    )
    """Minimum cosine of two images that join a scene. hdbscan: no scene is split at a higher
    cosine. Default: the encoder's own value for the method."""
    scene_overlap: Annotated[float, stage("candidates")] = Field(default=0.6, ge=0, le=1)
    """shared_neighbors: minimum share of neighbours that two images of one scene have in common
    (Jaccard index)."""
    adoption_floor: Annotated[float | None, stage("candidates")] = Field(default=None, ge=-1, le=1)
    """An image without a scene joins the scene of its nearest neighbour from this cosine on.
    Default: the encoder's own value."""
    candidates_per_cluster: Annotated[int, stage("candidates")] = Field(
        default=2000, gt=0, le=10_000_000
    )
    """Pairs of one cluster whose pixels are compared. The most similar pairs come first."""
    candidates_per_shard: Annotated[int, stage("pairs")] = Field(default=500, gt=0, le=1_000_000)
    """Candidate pairs in one shard, approximately. No cluster is split."""
    phash_copy_ceiling: Annotated[int, stage("measures")] = Field(default=10, ge=0, le=64)
    """An unchanged pair is called a copy if its perceptual hashes differ in at most this many of 64
    bits."""
    alignment_floor: Annotated[float, stage("measures")] = Field(default=0.5, ge=-1, le=1)
    """Minimum correlation between the structures of two related images after alignment. At -1 every
    pair passes."""
    change_area_floor: Annotated[float, stage("measures")] = Field(default=0.005, ge=0, le=1)
    """Minimum share of the area that a local change covers (NHR-Edit: 0.5 %)."""
    keep_mirrored: Annotated[bool, stage("measures")] = False
    """Keep mirrored copies as pairs."""
    pair_graph: Annotated[Literal["star", "tree", "all"], stage("pairs")] = "star"
    """Which good pairs of a cluster are kept. star: each image with the hub of its scene, so that
    every pair is one edit. tree: the smallest changes that connect the scene, for frames of a
    video. all: every pair, also an edit with another edit."""
    pairs_per_image: Annotated[int, stage("pairs")] = Field(default=32, gt=0, le=1_000_000)
    """Maximum number of kept pairs of one image."""
    pairs_per_cluster: Annotated[int, stage("pairs")] = Field(default=256, gt=0, le=10_000_000)
    """Maximum number of kept pairs of one cluster."""
    seed: Annotated[int, stage("cells")] = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of the random sample for k-means."""


class DirectionSettings(VerbSettings):
    """Compare how images change with how their captions do: more evidence for the confidence.

    CLIP directional similarity, by an encoder that reads English.
    """

    verb: ClassVar[str] = "direction"

    model_config = SettingsConfigDict(env_prefix="PAIRSET_DIRECTION_")

    encoder: str = Field(
        default=DEFAULT_ENCODER,
        description=f"{help_of(english_kinds())} Vectors that pairset mine made with the same "
        "encoder are used again; other images are encoded.",
    )
    dtype: Dtype = "auto"
    """As for pairset mine; another dtype gives other vectors."""
    batch_size: int = Field(default=32, gt=0, le=65_536)
    """Images or captions in one forward pass."""
    annotations_per_shard: int = Field(default=1024, gt=0, le=1_000_000)
    """Annotations written together; what an interrupted run loses at most."""
    retry_failed: bool = False
    """Compare again where the last attempt failed."""
