"""Which pairs belong together. Pure.

A pair's neighbours in its scene show the same things: were they trained on, it would be no test;
were they shown beside it, they would give the answer away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pairset.rows.union_find import root


@dataclass(frozen=True, slots=True)
class PairPlace:
    """What ties a pair to others."""

    pair_id: str
    source_id: str
    target_id: str
    cluster: str | None


def scenes_of(pairs: Iterable[PairPlace]) -> dict[str, str]:
    """Name the scene of each pair id.

    Pairs that share an image or a cluster, directly or over others, are one scene. It is called
    after the least of its images' ids, so that its name outlives a new mining run.
    """
    parents: dict[str, str] = {}
    listed = list(pairs)
    for pair in listed:
        scene = root(parents, pair.source_id)
        parents[root(parents, pair.target_id)] = scene
        if pair.cluster is not None:
            parents[root(parents, f"cluster {pair.cluster}")] = scene
    names = _least_images(parents, listed)
    return {pair.pair_id: names[root(parents, pair.source_id)] for pair in listed}


def _least_images(parents: dict[str, str], pairs: Iterable[PairPlace]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for pair in pairs:
        scene = root(parents, pair.source_id)
        least = min(pair.source_id, pair.target_id)
        names[scene] = min(names.get(scene, least), least)
    return names
