"""Vectors of images that were embedded before: bytes at a new place need no second look.

A folder that was moved, or a file whose time alone changed, is scanned again; what it shows was
embedded under the same id.
"""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pairset.records import Embedding, rows_of
from pairset.rows.planned import PlannedShards
from pairset.store import PairSet, Stage


def shards_of_known(
    pair_set: PairSet, embeddings: Stage, planned: PlannedShards, wanted: Sequence[str]
) -> dict[str, list[str]]:
    """Of shards of images that are to be embedded: where earlier plans have some of their vectors.

    Only earlier plans count: within one, a run that was killed would depend on where it stopped.
    """
    finished = embeddings.shards()
    newest = max((planned.plan_of[shard] for shard in wanted), default=0)
    earlier = [shard for shard in finished if planned.plan_of.get(shard, newest) < newest]
    if not earlier:
        return {}
    images = pair_set.stage("images")
    ids = {shard: images.read(shard, ["image_id"])["image_id"] for shard in wanted}
    found: dict[str, list[str]] = {}
    for place in earlier:
        there = embeddings.read(place, ["image_id"])["image_id"].combine_chunks()
        for shard, names in ids.items():
            is_before = planned.plan_of[place] < planned.plan_of[shard]
            if is_before and pc.any(pc.is_in(names, value_set=there)).as_py():
                found.setdefault(shard, []).append(place)
    return found


def read_vectors(
    embeddings: Stage, shards: Iterable[str], image_ids: Sequence[str]
) -> Iterator[Embedding]:
    """The rows of those images that have a vector."""
    wanted = pa.array(image_ids, pa.string())
    for shard in shards:
        table = embeddings.read(shard)
        is_known = pc.is_in(table["image_id"], value_set=wanted)
        rows = table.filter(pc.and_(is_known, pc.is_valid(table["vector"])))
        yield from rows_of(Embedding, rows)
