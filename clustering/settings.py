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
    """Column of Parquet files that holds images; give it again for another one. Default: columns
    that HF datasets call images, structs with bytes, and binaries named image, jpg and the like."""
    encoder: Annotated[str, stage("embeddings")] = Field(
        default=DEFAULT_ENCODER, description=help_of()
    )
    dtype: Annotated[Dtype, stage("embeddings")] = "auto"
    """What the encoder's weights are kept in. auto: bf16 where CPU or GPU multiplies it faster than
    fp32; lite0 always computes in fp32."""
    workers: Annotated[int, NO_ROWS] = Field(
        default=min(os.cpu_count() or 1, MOST_WORKERS), gt=0, le=MOST_WORKERS
    )
    """Processes at work; the rows do not depend on it."""
    images_per_shard: Annotated[int, stage("images")] = Field(default=2048, gt=0, le=1_000_000)
    """Images scanned and embedded together; what an interrupted run loses at most."""
    batch_size: Annotated[int, NO_ROWS] = Field(default=32, gt=0, le=65_536)
    """Images in one forward pass of the encoder."""
    cell_size: Annotated[int, stage("cells")] = Field(default=500_000, gt=0, le=100_000_000)
    """Images in one k-means cell, about; a corpus no larger is one cell."""
    cells_per_image: Annotated[int, stage("cells")] = Field(default=4, gt=0, le=1024)
    """Most cells an image is put in, so that scenes are whole on either side of a border."""
    cell_margin: Annotated[float, stage("cells")] = Field(default=0.06, ge=0, le=2)
    """An image is put in all cells whose centroid is nearly as near as the nearest: by this."""
    neighbors: Annotated[int, stage("candidates")] = Field(default=16, gt=0, le=10_000)
    """Nearest of its scene that each image is paired with."""
    scene_neighbors: Annotated[int, stage("candidates")] = Field(default=64, gt=0, le=10_000)
    """Nearest neighbours of each image in the graph that scenes are found in."""
    neighbor_search: Annotated[Literal["auto", "exact", "approximate"], stage("candidates")] = (
        "auto"
    )
    """exact: all neighbours, in time that grows with the square of a cell. approximate: those
    within k-means lists, which misses some, hashes too. auto: exact up to --exact-ceiling."""
    exact_ceiling: Annotated[int, stage("candidates")] = Field(
        default=300_000, gt=0, le=100_000_000
    )
    """Images of one cell up to which auto searches exactly."""
    lists_memory: Annotated[float, stage("candidates")] = Field(default=8.0, gt=0, le=100_000)
    """GB that the vectors of an approximate search may take; auto searches exactly where they
    would take more."""
    similarity_floor: Annotated[float | None, stage("candidates")] = Field(
        default=None, ge=-1, le=1
    )
    """Least cosine of neighbours in the graph. Default: the encoder's own."""
    similarity_ceiling: Annotated[float, stage("candidates")] = Field(default=1.0, ge=-1, le=1)
    """Pairs above it are near-duplicates without a look at their pixels. At 1 the pixels decide:
    edits of light and colour lie as close as copies do."""
    phash_link_ceiling: Annotated[int, stage("candidates")] = Field(default=12, ge=0, le=64)
    """Bits between perceptual hashes (of 64) up to which images are neighbours in the graph."""
    scene_method: Annotated[Literal["shared_neighbors", "hdbscan"], stage("candidates")] = (
        "shared_neighbors"
    )
    """shared_neighbors: images near each other are one scene if they know the same others.
    hdbscan: scenes are what is dense."""
    scene_similarity: Annotated[float | None, stage("candidates")] = Field(
        default=None, ge=-1, le=1
    )
    """Least cosine of images that scenes are made of; hdbscan splits no scene this close. Default:
    the encoder's own (lite0 .75, all others .77; with hdbscan .8 and .82)."""
    scene_overlap: Annotated[float, stage("candidates")] = Field(default=0.6, ge=0, le=1)
    """shared_neighbors: share of their neighbours that images of one scene have in common
    (Jaccard index)."""
    adoption_floor: Annotated[float | None, stage("candidates")] = Field(default=None, ge=-1, le=1)
    """Least cosine at which an image left over joins the scene of its nearest neighbour. Default:
    the encoder's own (lite0 .5, all others .85)."""
    candidates_per_cluster: Annotated[int, stage("candidates")] = Field(
        default=2000, gt=0, le=10_000_000
    )
    """Pairs of one cluster that are looked at, the most similar first."""
    candidates_per_shard: Annotated[int, stage("pairs")] = Field(default=500, gt=0, le=1_000_000)
    """Candidate pairs measured together; clusters are kept whole."""
    phash_copy_ceiling: Annotated[int, stage("measures")] = Field(default=10, ge=0, le=64)
    """Bits between perceptual hashes up to which an unchanged pair is called a copy."""
    alignment_floor: Annotated[float, stage("measures")] = Field(default=0.5, ge=-1, le=1)
    """Least correlation of the aligned structure of related images; -1 lets every pair pass."""
    change_area_floor: Annotated[float, stage("measures")] = Field(default=0.005, ge=0, le=1)
    """Least share of the area that a local change covers (NHR-Edit: 0.5 %)."""
    keep_mirrored: Annotated[bool, stage("measures")] = False
    """Keep mirrored copies as pairs."""
    pair_graph: Annotated[Literal["star", "tree", "all"], stage("pairs")] = "star"
    """Which of a cluster's good pairs are kept. star: each image with the hub of its scene, so
    that every pair is one edit. tree: the fewest and smallest changes that join the scene, for
    frames of a video. all: every pair, edits of edits too."""
    pairs_per_image: Annotated[int, stage("pairs")] = Field(default=32, gt=0, le=1_000_000)
    """Kept pairs of one image."""
    pairs_per_cluster: Annotated[int, stage("pairs")] = Field(default=256, gt=0, le=10_000_000)
    """Kept pairs of one cluster."""
    seed: Annotated[int, stage("cells")] = Field(default=0, ge=0, le=MOST_SEED)
    """Seed of the k-means sample."""


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
