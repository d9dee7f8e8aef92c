"""What the plans of the images say: which shard reads which file, and which shard read it last.

A file that changed, or that could not be read, is planned again into a new shard. Rows of earlier
shards stay on disk, but those of that file stand no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from pairset.store import PairSet, Stage


@dataclass(frozen=True, slots=True)
class PlannedShards:
    """Shards of images, and which of their rows were replaced."""

    plan_of: Mapping[str, int] = field(default_factory=dict)
    """By shard the number of its plan: a higher one is newer."""
    replaced: Mapping[str, set[str]] = field(default_factory=dict)
    """By shard the files that a newer shard has read again."""
    replaced_wholly: frozenset[str] = frozenset()
    """Shards none of whose files stand."""


def planned_shards(images: Stage, only_finished: bool = True) -> PlannedShards:
    """Read the plans of the stage ``images``.

    only_finished: what is planned but not read yet replaces nothing.
    """
    plans = [images.read(plan, ["shard", "uri"]) for plan in images.plans()]
    if only_finished:
        finished = pa.array(images.shards(), pa.string())
        plans = [plan.filter(pc.is_in(plan["shard"], value_set=finished)) for plan in plans]
    shards = [set(plan["shard"].unique().to_pylist()) for plan in plans]
    plan_of = {shard: number for number, names in enumerate(shards) for shard in names}
    again = _planned_twice(plans)
    if not len(again):
        return PlannedShards(plan_of)
    last: dict[str, int] = {}
    for number, plan in enumerate(plans):
        last.update(dict.fromkeys(_uris(plan.filter(pc.is_in(plan["uri"], again))), number))
    replaced: dict[str, set[str]] = {}
    standing: set[str] = set()
    for number, plan in enumerate(plans):
        for shard, uri in zip(plan["shard"].to_pylist(), _uris(plan), strict=True):
            if last.get(uri, number) > number:
                replaced.setdefault(shard, set()).add(uri)
            else:
                standing.add(shard)
    return PlannedShards(plan_of, replaced, frozenset(replaced.keys() - standing))


def standing_images(pair_set: PairSet, shard: str, columns: list[str] | None = None) -> pa.Table:
    """Rows of one shard of images; ``columns`` hold the URI. Once all that is planned is read,
    they are those that stand.
    """
    images = pair_set.stage("images")
    plans = images.plans()
    # Within one plan nothing is read again, and workers ask for shard after shard.
    states = tuple(_state_of(images, plan) for plan in plans) if len(plans) > 1 else ()
    replaced = _replaced(images, states).get(shard, set()) if states else set()
    return standing_rows(images.read(shard, columns), replaced)


@lru_cache(maxsize=2)
def _replaced(images: Stage, states: tuple[str, ...]) -> Mapping[str, set[str]]:
    """By shard what later plans replace; ``states`` tell other plans of the same names apart."""
    return planned_shards(images, only_finished=False).replaced


def _state_of(images: Stage, plan: str) -> str:
    return repr(sorted(images.pair_set.filesystem.info(images.shard_path(plan)).items()))


def standing_rows(table: pa.Table, replaced: set[str]) -> pa.Table:
    """The rows of a shard of images, less those of files that were read again later."""
    if not replaced:
        return table
    files = pc.list_element(pc.split_pattern(table["uri"], "#", max_splits=1), 0)
    gone = pc.is_in(files, value_set=pa.array(sorted(replaced), pa.string()))
    return table.filter(pc.invert(gone))


def _planned_twice(plans: list[pa.Table]) -> pa.Array:
    """Files in more than one plan; within a plan a large file has several shards."""
    if len(plans) < 2:
        return pa.array([], pa.string())
    once_each = pa.chunked_array([plan["uri"].unique() for plan in plans], pa.string())
    counts = once_each.value_counts()
    return counts.filter(pc.greater(counts.field("counts"), 1)).field("values")


def _uris(plan: pa.Table) -> list[str]:
    uris: list[str] = plan["uri"].to_pylist()
    return uris
