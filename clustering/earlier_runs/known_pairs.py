"""What earlier runs measured: pairs that were looked at need no second look.

A pair's numbers follow from its two images and the gates' thresholds alone, and its id names the
images: a corpus that grew costs its new pairs only. Clusters and caps may have changed meanwhile.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace

import pyarrow as pa
import pyarrow.compute as pc

from clustering.gates.rules import CHOSEN
from pairset.records import Pair, rows_of
from pairset.records.pair import PairStatus
from pairset.store import PairSet, Stage

_OF_THE_CANDIDATE = frozenset(
    [
        *("pair_id", "reverse_pair_id", "source_id", "target_id", "source_uri", "target_uri"),
        *("cluster", "similarity", "phash_distance", "mirrored_phash_distance", "status"),
    ]
)
_MEASURED = tuple(field.name for field in fields(Pair) if field.name not in _OF_THE_CANDIDATE)
_KEPT_BY_THE_GATES = frozenset(rule.status for rule in CHOSEN)
"""What was set aside later, beside others of its cluster."""

Place = tuple[str, str]
"""Key of a run of the stage ``pairs``, and one of its shards."""


def places_of_known(
    pair_set: PairSet, prefix: str, wanted: Mapping[str, Sequence[str]]
) -> dict[str, list[Place]]:
    """Where earlier runs, those whose key has that prefix, hold the pairs of each shard to be made.

    wanted: pair ids by the name of the shard.
    """
    runs = [run for run in pair_set.runs("pairs") if run.key.startswith(prefix)]
    known = [_ids_in(run, shard) for run in runs for shard in run.shards()]
    if not known or not wanted:
        return {}
    asked = pa.concat_tables(
        pa.table({"pair_id": pa.array(ids, pa.string()), "shard": [shard] * len(ids)})
        for shard, ids in wanted.items()
    )
    met = asked.join(pa.concat_tables(known), "pair_id", join_type="inner")
    distinct = met.group_by(["shard", "run", "place"]).aggregate([]).to_pylist()
    places = defaultdict(list)
    for row in distinct:
        places[row["shard"]].append((row["run"], row["place"]))
    return {shard: sorted(found) for shard, found in places.items()}


def _ids_in(run: Stage, shard: str) -> pa.Table:
    """Pair ids that a shard holds the numbers of."""
    table = run.read(shard, ["pair_id", "alignment"])
    ids = table.filter(pc.is_valid(table["alignment"])).select(["pair_id"])
    for name, value in (("run", run.key), ("place", shard)):
        ids = ids.append_column(name, pa.array([value] * len(ids), pa.string()))
    return ids


def read_known(
    pair_set: PairSet, places: Iterable[Place], pair_ids: Iterable[str]
) -> dict[str, Pair]:
    """The measured rows of those pairs, by id."""
    asked = pa.array(list(pair_ids), pa.string())
    known = {}
    for key, shard in places:
        table = pair_set.stage("pairs", key).read(shard)
        there = pc.and_(
            pc.is_valid(table["alignment"]), pc.is_in(table["pair_id"], value_set=asked)
        )
        known.update({pair.pair_id: pair for pair in rows_of(Pair, table.filter(there))})
    return known


def with_numbers_of(candidate: Pair, known: Pair) -> Pair:
    """The candidate with what was measured on it before, and what the gates said then."""
    kept = known.status in _KEPT_BY_THE_GATES
    return replace(
        candidate,
        **{name: getattr(known, name) for name in _MEASURED},
        status=PairStatus.KEPT if kept else known.status,
    )
