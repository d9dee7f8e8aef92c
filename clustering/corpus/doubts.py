"""Places that are named for an image only where it has no better one.

Of equal files one stands for all. It should be one that is there, and one that did not show
another picture before: what was said of pairs names their places.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum

import pyarrow as pa
import pyarrow.compute as pc

from clustering.corpus.listing import Source
from pairset.files.uris import container_of, local_path
from pairset.rows.planned import PlannedShards, standing_rows
from pairset.store import PairSet, Stage

_DOUBTS = "plan-doubts"
"""Named as a plan: it is decided before the cells are filled, and is no shard of them."""


class Doubt(IntEnum):
    """What speaks against a place."""

    NONE = 0
    OVERWRITTEN = 1
    """It showed another picture when it was first scanned."""
    GONE = 2
    """It was not there when mining began."""


def find_doubts(
    pair_set: PairSet, planned: PlannedShards, sources: Sequence[Source], places: Sequence[str]
) -> dict[str, Doubt]:
    """By file what speaks against it, none where nothing does.

    sources: what was found at ``places`` just now.
    """
    images = pair_set.stage("images")
    doubts = dict.fromkeys(_overwritten(images, planned), Doubt.OVERWRITTEN)
    return doubts | dict.fromkeys(_gone(images, sources, places), Doubt.GONE)


def save_doubts(cells: Stage, doubts: Mapping[str, Doubt]) -> None:
    """Keep them beside the cells they matter to."""
    if doubts and not cells.is_finished(_DOUBTS):
        rows = sorted(doubts.items())
        columns = {"uri": [uri for uri, _ in rows], "doubt": [int(doubt) for _, doubt in rows]}
        cells.write(_DOUBTS, pa.table(columns))


def doubts_of(cells: Stage, uris: Iterable[str]) -> pa.Array:
    """A number for each URI, as saved."""
    found: dict[str, int] = {}
    if cells.is_finished(_DOUBTS):
        table = cells.read(_DOUBTS)
        found = dict(zip(table["uri"].to_pylist(), table["doubt"].to_pylist(), strict=True))
    return pa.array([found.get(container_of(uri), 0) for uri in uris], pa.int8())


def _overwritten(images: Stage, planned: PlannedShards) -> Iterator[str]:
    """Files whose newest rows are not among those they had before; not those that merely failed."""
    files = pa.array(sorted({uri for uris in planned.replaced.values() for uri in uris}))
    if not len(files):
        return
    before: set[tuple[str, str]] = set()
    for shard in planned.replaced:
        before.update(_usable(images, shard, files))
    known = {container_of(uri) for uri, _ in before}
    for shard in planned.plan_of.keys() - planned.replaced_wholly:
        replaced = planned.replaced.get(shard, set())
        for uri, image_id in _usable(images, shard, files, replaced):
            if (uri, image_id) not in before and container_of(uri) in known:
                yield container_of(uri)


def _usable(
    images: Stage, shard: str, files: pa.Array, replaced: set[str] | None = None
) -> Iterator[tuple[str, str]]:
    """URI and id of the usable images in those files; of all, or of those that stand."""
    table = images.read(shard, ["uri", "image_id", "error_code"])
    table = standing_rows(table.filter(pc.is_null(table["error_code"])), replaced or set())
    containers = pc.list_element(pc.split_pattern(table["uri"], "#", max_splits=1), 0)
    table = table.filter(pc.is_in(containers, value_set=files))
    yield from zip(table["uri"].to_pylist(), table["image_id"].to_pylist(), strict=True)


def _gone(images: Stage, sources: Sequence[Source], places: Sequence[str]) -> Iterator[str]:
    """Files that were planned and are there no more."""
    found = {source.uri for source in sources}
    remote = tuple(f"{place.rstrip('/')}/" for place in places if local_path(place) is None)
    for plan in images.plans():
        for uri in images.read(plan, ["uri"])["uri"].unique().to_pylist():
            if uri not in found and _is_gone(uri, remote):
                yield uri


def _is_gone(uri: str, surveyed: tuple[str, ...]) -> bool:
    path = local_path(uri)
    if path is None:
        return uri.startswith(surveyed)
    return not os.path.lexists(os.fsencode(path))
