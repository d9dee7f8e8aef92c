"""Which pairs belong together. Pure.

A pair's neighbours in its scene show the same things: were they trained on, it would be no test;
were they shown beside it, they would give the answer away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


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
        root = _root(parents, pair.source_id)
        parents[_root(parents, pair.target_id)] = root
        if pair.cluster is not None:
            parents[_root(parents, f"cluster {pair.cluster}")] = root
    names = _least_images(parents, listed)
    return {pair.pair_id: names[_root(parents, pair.source_id)] for pair in listed}


def _root(parents: dict[str, str], node: str) -> str:
    """The representative of a node's tree; the path to it is halved on the way."""
    parents.setdefault(node, node)
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


def _least_images(parents: dict[str, str], pairs: Iterable[PairPlace]) -> Mapping[str, str]:
    names: dict[str, str] = {}
    for pair in pairs:
        root = _root(parents, pair.source_id)
        least = min(pair.source_id, pair.target_id)
        names[root] = min(names.get(root, least), least)
    return names
