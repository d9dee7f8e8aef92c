"""Selection: of the good pairs of one cluster, those that are worth a place in the set. Pure.

Two edits of one picture are related too, but what leads from one to the other is both edits at
once. The pairs kept lead from the image that explains the others best; what they imply together
is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace

from clustering.gates.rules import CHOSEN, Choice, first_no
from clustering.settings import MineSettings
from pairset.records import Pair
from pairset.records.pair import PairStatus
from pairset.rows.union_find import root

COPIES = frozenset(
    {
        PairStatus.RE_ENCODED,
        PairStatus.NEAR_DUPLICATE,
        PairStatus.UNCHANGED,
        PairStatus.MIRRORED_COPY,
    }
)


def select(pairs: Sequence[Pair], settings: MineSettings) -> list[Pair]:
    """Decide over the kept pairs of one cluster; other pairs pass through unchanged.

    Copies of an image count as that image.
    """
    group = copy_groups(pairs)
    kept = sorted((pair for pair in pairs if pair.status == PairStatus.KEPT), key=cost)
    graph = settings.pair_graph
    if graph == "all":
        chosen = kept
    else:
        chosen = {"star": _stars, "tree": _tree}[graph](_distinct(kept, group), group)
    verdicts = _verdicts(kept, {pair.pair_id for pair in chosen}, settings)
    return [replace(pair, status=verdicts.get(pair.pair_id, pair.status)) for pair in pairs]


def cost(pair: Pair) -> tuple[float, float, str]:
    """What one edit leaves unexplained, then how much changed; the id decides between equals."""
    return sum(_unexplained(pair)), pair.color_difference or 0.0, pair.pair_id


def _unexplained(pair: Pair) -> tuple[float, float]:
    """Of the target by the source, and of the source by the target; 1 where it is not known."""
    both = pair.unexplained, pair.unexplained_backwards
    first, second = (1.0 if share is None else min(1.0, share) for share in both)
    return first, second


def copy_groups(pairs: Iterable[Pair]) -> dict[str, str]:
    """For every image the lowest id among it and its copies."""
    parent: dict[str, str] = {}
    for pair in pairs:
        ends = root(parent, pair.source_id), root(parent, pair.target_id)
        if pair.status in COPIES:
            parent[max(ends)] = min(ends)
    return {image_id: root(parent, image_id) for image_id in parent}


def _distinct(pairs: Iterable[Pair], group: Mapping[str, str]) -> list[Pair]:
    """The cheapest pair between any two groups of copies."""
    best: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        ends = sorted((group[pair.source_id], group[pair.target_id]))
        if ends[0] != ends[1]:
            best.setdefault((ends[0], ends[1]), pair)
    return list(best.values())


def _tree(pairs: Iterable[Pair], group: Mapping[str, str]) -> list[Pair]:
    """Minimum spanning forest (Kruskal 1956); pairs come cheapest first."""
    parent: dict[str, str] = {}
    chosen = []
    for pair in pairs:
        ends = [root(parent, group[end]) for end in (pair.source_id, pair.target_id)]
        if ends[0] != ends[1]:
            parent[max(ends)] = min(ends)
            chosen.append(pair)
    return chosen


def _stars(pairs: Sequence[Pair], group: Mapping[str, str]) -> list[Pair]:
    """Hubs and what hangs on them, until no image that has pairs is left alone.

    The first hub is the image that explains most of the others: an original, where there is one,
    since each of its edits follows from it.
    """
    edges: dict[str, dict[str, Pair]] = defaultdict(dict)
    explained: dict[tuple[str, str], float] = {}
    for pair in pairs:
        first, second = group[pair.source_id], group[pair.target_id]
        edges[first][second] = edges[second][first] = pair
        forwards, backwards = _unexplained(pair)
        explained |= {(first, second): 1 - forwards, (second, first): 1 - backwards}
    waiting = set(edges)
    chosen: dict[str, Pair] = {}

    def order(node: str) -> tuple[float, float, str]:
        leaves = sorted(waiting & edges[node].keys())
        change = sum(edges[node][leaf].color_difference or 0.0 for leaf in leaves)
        return -sum(explained[node, leaf] for leaf in leaves), change, node

    while waiting:
        hub = min((node for node in edges if waiting & edges[node].keys()), key=order)
        leaves = waiting & edges[hub].keys()
        chosen |= {edges[hub][leaf].pair_id: edges[hub][leaf] for leaf in leaves}
        waiting -= {hub, *leaves}
    return sorted(chosen.values(), key=cost)


def _verdicts(
    pairs: Iterable[Pair], chosen: Container[str], settings: MineSettings
) -> dict[str, PairStatus]:
    """Keep chosen pairs, cheapest first, until an image or the cluster has enough."""
    per_image: Counter[str] = Counter()
    kept = 0
    verdicts = {}
    for pair in pairs:
        of_image = max(per_image[pair.source_id], per_image[pair.target_id])
        status = first_no(CHOSEN, Choice(pair.pair_id in chosen, of_image, kept), settings)
        verdicts[pair.pair_id] = status
        if status == PairStatus.KEPT:
            per_image.update((pair.source_id, pair.target_id))
            kept += 1
    return verdicts
