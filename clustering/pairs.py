"""Pairs: every candidate is measured, judged by the gates, and weighed against its cluster."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby

import cv2
import numpy as np
import pyarrow as pa

from clustering.earlier_runs.known_pairs import Place, read_known, with_numbers_of
from clustering.gates.alignment import align
from clustering.gates.difference import COMPARE_SIDE, Difference, compare, overlay
from clustering.gates.explanation import unexplained
from clustering.gates.rules import ALIGNED, COMPARED, OPENED, Compared, first_no
from clustering.gates.views import Size, View, fitting
from clustering.selection import select
from clustering.settings import MineSettings
from pairset.decoding import ImageError, decode
from pairset.formats.jpegs import LeastSides
from pairset.formats.masks import encode_mask
from pairset.records import Pair, rows_of, table_of
from pairset.records.pair import PairStatus
from pairset.rows.places import PlacedImage, placed_images
from pairset.running.shards import Counts, ShardSpec
from pairset.store import PairSet

_VIEW_SIDE = 2 * COMPARE_SIDE
"""Pixels: enough to look at half of an image as closely as at the whole of another."""
_OPEN_IMAGES = 160
"""Images kept decoded at once, of 3 MB at most: those of a cluster are needed again and again."""


@dataclass(frozen=True, slots=True)
class PairInputs:
    """What one shard of pairs is made from: rows of candidates that hold whole clusters."""

    shard: str
    """Of the candidates."""
    candidate_key: str
    first_row: int
    rows: int
    known_in: tuple[Place, ...] = ()
    """Where earlier runs hold some of these pairs."""


def run_shard(spec: ShardSpec) -> Counts:
    """Measure and judge some rows of one shard of candidates."""
    cv2.setNumThreads(1)  # each worker process is one
    settings = MineSettings.model_validate_json(spec.settings)
    inputs = spec.inputs_as(PairInputs)
    pair_set = PairSet(spec.set_url)
    candidates = pair_set.stage("candidates", inputs.candidate_key).read(inputs.shard)
    table = candidates.slice(inputs.first_row, inputs.rows)
    known = read_known(pair_set, inputs.known_in, table["pair_id"].to_pylist())
    elsewhere = Elsewhere(pair_set, table)
    pairs = list(judged(list(rows_of(Pair, table)), settings, known, elsewhere))
    spec.output().write(spec.shard, table_of(Pair, pairs))
    return Counts(len(pairs), sum(pair.status == PairStatus.UNREADABLE for pair in pairs))


def slices(clusters: Sequence[str | None], size: int) -> Iterator[tuple[int, int]]:
    """Part rows, sorted by cluster, into (first row, rows) of about ``size``, clusters whole."""
    start = row = 0
    for _, group in groupby(clusters):
        row += len(list(group))
        if row - start >= size:
            yield start, row - start
            start = row
    if row > start:
        yield start, row - start


def judged(
    candidates: Iterable[Pair],
    settings: MineSettings,
    earlier: Mapping[str, Pair],
    elsewhere: "Elsewhere | None" = None,
) -> Iterator[Pair]:
    """The same pairs with their numbers and their final status, cluster by cluster.

    earlier: rows that were measured before, by pair id. elsewhere: other places of the images.
    """
    for _, group in groupby(candidates, key=lambda pair: pair.cluster):
        cluster = list(group)
        pending = [pair for pair in cluster if pair.status == PairStatus.PENDING]
        pending.sort(key=lambda pair: (pair.source_uri, pair.target_uri))  # each opened once
        looked_at = [
            with_numbers_of(pair, earlier[pair.pair_id])
            if pair.pair_id in earlier
            else measure(pair, settings, elsewhere)
            for pair in pending
        ]
        # As they will be read again: a choice must not hang on digits that are not kept.
        stored = rows_of(Pair, table_of(Pair, looked_at))
        measured = {pair.pair_id: pair for pair in stored}
        known = [measured.get(pair.pair_id, pair) for pair in cluster]
        yield from select(known, settings)


class Elsewhere:
    """All places of the images of some pairs, looked up once one is not where its pair says."""

    def __init__(self, pair_set: PairSet, pairs: pa.Table) -> None:
        self._pair_set = pair_set
        self._pairs = pairs

    @cached_property
    def _placed(self) -> dict[str, PlacedImage]:
        named: dict[str, str] = {}
        for end in ("source", "target"):
            columns = (self._pairs[f"{end}_{name}"].to_pylist() for name in ("id", "uri"))
            named.update(zip(*columns, strict=True))
        return placed_images(self._pair_set, named)

    def view(self, image_id: str) -> "tuple[View, Size]":
        """The same image from wherever it is. Raises ImageError."""
        return _view(self._placed[image_id])


def measure(pair: Pair, settings: MineSettings, elsewhere: Elsewhere | None = None) -> Pair:
    """Look at the pixels of one candidate; of one that cannot be read, the row says why.

    Images that are not related are not compared, and only kept pairs are explained.
    """
    try:
        source, size = _found(pair.source_id, pair.source_uri, elsewhere)
        target, _ = _found(pair.target_id, pair.target_uri, elsewhere)
    except ImageError as error:
        unread = replace(pair, error=str(error))
        return replace(unread, status=first_no(OPENED, unread, settings))
    alignment = align(source, target)
    pair = replace(
        pair,
        alignment=[round(float(number), 5) for number in alignment.matrix.ravel()],
        structure_correlation=alignment.correlation,
    )
    status = first_no(ALIGNED, alignment, settings)
    if status != PairStatus.KEPT:
        return replace(pair, status=status)
    laid = overlay(source, target, alignment)
    difference = compare(laid)
    compared = Compared(alignment, difference, pair.phash_distance or 0)
    status = first_no(COMPARED, compared, settings)
    measured = replace(_with_numbers(pair, difference, size), status=status)
    if status != PairStatus.KEPT:
        return measured
    left = unexplained(laid, alignment)
    return replace(
        measured,
        unexplained=left.forwards,
        unexplained_backwards=left.backwards,
        leftover=left.leftover,
    )


def _with_numbers(pair: Pair, difference: Difference, size: tuple[int, int]) -> Pair:
    return replace(
        pair,
        color_difference=difference.color_difference,
        tone_shift=difference.tone_shift,
        background_shift=difference.background_shift,
        patch_shift=difference.patch_shift,
        color_shift=list(difference.color_shift),
        chroma_shift=difference.chroma_shift,
        contrast_ratio=difference.contrast_ratio,
        detail_ratio=difference.detail_ratio,
        ssim=difference.ssim,
        change_fraction=difference.change_fraction,
        change_components=difference.components,
        change_largest=difference.largest,
        change_box=box_of(difference.mask, size),
        change_mask_size=list(difference.mask.shape),
        change_mask=encode_mask(difference.mask),
    )


def box_of(
    mask: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]", size: tuple[int, int]
) -> list[int] | None:
    """Left, top, right and bottom of what is set, in an image of (width, height) pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    across, down = size[0] / mask.shape[1], size[1] / mask.shape[0]
    return [
        int(columns[0] * across),
        int(rows[0] * down),
        min(size[0], int(np.ceil((columns[-1] + 1) * across))),
        min(size[1], int(np.ceil((rows[-1] + 1) * down))),
    ]


def _found(image_id: str, uri: str, elsewhere: Elsewhere | None) -> tuple[View, Size]:
    try:
        return _view(PlacedImage(image_id, (uri,)))
    except ImageError:
        if elsewhere is None:
            raise
        return elsewhere.view(image_id)


@lru_cache(maxsize=_OPEN_IMAGES)
def _view(image: PlacedImage) -> tuple[View, Size]:
    """An image shrunk to what the comparison needs, and its whole size. Raises ImageError."""
    decoded = decode(image.read(), least_sides=LeastSides(1, _VIEW_SIDE))
    array = decoded.array
    if max(array.shape) > _VIEW_SIDE:
        pixels = decoded.pixels
        shrunk = pixels.resize(fitting(pixels.size, _VIEW_SIDE), reducing_gap=2.0)
        array = np.asarray(shrunk, dtype=np.uint8)
    return View(array), decoded.size
