"""Candidates: per cell, the clusters and the pairs worth a look at their pixels."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from clustering.cells import CellMember, owner, read_cell
from clustering.corpus.doubts import Doubt
from clustering.encoders import Vectors, parse_encoder
from clustering.gates.rules import PROPOSED, Ranked, first_no
from clustering.image_clusters.find import SceneRule, Scenes, find_scenes
from clustering.image_clusters.graph import (
    Graph,
    Nearness,
    hamming,
    hash_bits,
    nearest_of_label,
    neighbor_graph,
)
from clustering.image_clusters.shared_neighbors import NOISE
from clustering.neighbors import Search
from clustering.settings import MineSettings
from pairset.records import Cluster, Pair, table_of
from pairset.records.ids import content_id
from pairset.records.pair import PairStatus, pair_id_of
from pairset.running.shards import Counts, ShardSpec
from pairset.store import PairSet


def cell_shard(cell: int) -> str:
    """Name of the shards that one cell gives."""
    return f"{cell:05d}"


@dataclass(frozen=True, slots=True)
class CandidateInputs:
    """What the candidates of one cell are made from."""

    cell: int
    """Its number."""
    cells_key: str
    threads: int
    """To search with."""


def run_shard(spec: ShardSpec) -> Counts:
    """Cluster one cell; writes its clusters, then its candidates, sorted by cluster."""
    settings = MineSettings.model_validate_json(spec.settings)
    pair_set = PairSet(spec.set_url)
    inputs = spec.inputs_as(CandidateInputs)
    cell = inputs.cell
    members, vectors = read_cell(pair_set.stage("cells", inputs.cells_key), cell)
    copies, kept = collapse_copies(members, cell)
    if len(kept) < len(members):
        members, vectors = [members[place] for place in kept], vectors[kept]
    clusters: list[Cluster] = []
    pairs: list[Pair] = []
    if members:
        near = Nearness(search_of(settings, inputs.threads), settings.phash_link_ceiling)
        clusters, pairs = cluster_cell(members, vectors, near, settings)
    own = {row.image_id: row.cluster for row in clusters}
    rows = sorted(
        [*_with_clusters(copies, own), *_owned(pairs, members, cell)],
        key=lambda pair: (pair.cluster or "", pair.pair_id),
    )
    located = [Cluster(row.image_id, cell, row.cluster, row.strength) for row in clusters]
    pair_set.stage("clusters", spec.key).write(spec.shard, table_of(Cluster, located))
    spec.output().write(spec.shard, table_of(Pair, rows))
    return Counts(len(rows))


def search_of(settings: MineSettings, threads: int) -> Search:
    """How the neighbours of one cell are looked for."""
    floor = settings.similarity_floor
    if floor is None:
        floor = parse_encoder(settings.encoder).kind_record.similarity_floor
    return Search(
        floor=floor,
        per_image=max(settings.neighbors, settings.scene_neighbors),
        threads=threads,
        method=settings.neighbor_search,
        exact_ceiling=settings.exact_ceiling,
        lists_bytes=int(settings.lists_memory * 1e9),
    )


def scene_rule(settings: MineSettings) -> SceneRule:
    """When images of one cell are one scene."""
    encoder, method = parse_encoder(settings.encoder), settings.scene_method
    similarity, adoption_floor = settings.scene_similarity, settings.adoption_floor
    if similarity is None:
        similarity = encoder.scene_similarity(method)
    if adoption_floor is None:
        adoption_floor = encoder.kind_record.adoption_floor
    return SceneRule(method, similarity, settings.scene_overlap, adoption_floor)


def collapse_copies(members: Sequence[CellMember], cell: int) -> tuple[list[Pair], list[int]]:
    """Rows for the exact copies of each image, and the places of those that stand for all.

    Members come sorted by id, doubt and URI; the first of equal ids stays. A copy is reported in
    the home cell of its image only, and one that is there no more is none.
    """
    copies: list[Pair] = []
    kept: list[int] = []
    places = range(len(members))
    for _, group in groupby(places, key=lambda place: members[place].image_id):
        first, *others = group
        kept.append(first)
        if members[first].cells[0] == cell:
            there = (members[other] for other in others if members[other].doubt != Doubt.GONE)
            copies += [_exact_copy(members[first], copy) for copy in there]
    return copies, kept


def _exact_copy(original: CellMember, copy: CellMember) -> Pair:
    ids = content_id("copy", original.image_id, copy.uri)
    return Pair(
        pair_id=ids,
        reverse_pair_id=content_id("copy", copy.uri, original.image_id),
        source_id=original.image_id,
        target_id=copy.image_id,
        source_uri=original.uri,
        target_uri=copy.uri,
        cluster=None,
        similarity=1.0,
        phash_distance=0,
        status=PairStatus.EXACT_COPY,
    )


def cluster_cell(
    members: Sequence[CellMember], vectors: Vectors, near: Nearness, settings: MineSettings
) -> tuple[list[Cluster], list[Pair]]:
    """Clusters of distinct images, and the pairs of neighbours that share one."""
    plain = hash_bits([member.perceptual_hash for member in members])
    mirrored = hash_bits([member.mirrored_hash for member in members])
    graph = neighbor_graph(vectors, plain, mirrored, near)
    scenes = find_scenes(graph, scene_rule(settings))
    names = cluster_names(members, scenes)
    clusters = [
        Cluster(member.image_id, 0, name, round(float(strength), 4) if name else None)
        for member, name, strength in zip(members, names, scenes.strengths, strict=True)
    ]
    graph = nearest_of_label(graph, scenes.labels, settings.neighbors)
    distances = (
        hamming(plain[graph.first], plain[graph.second]),
        hamming(mirrored[graph.first], plain[graph.second]),
    )
    pairs = list(_candidates(members, names, graph, distances))
    return clusters, list(_judged_unseen(pairs, settings))


def cluster_names(members: Sequence[CellMember], scenes: Scenes) -> list[str | None]:
    """A name for each member's cluster that follows from who is in it."""
    ids: dict[int, list[str]] = defaultdict(list)
    for member, label in zip(members, scenes.labels, strict=True):
        ids[int(label)].append(member.image_id)
    names = {label: content_id("cluster", *sorted(of_label)) for label, of_label in ids.items()}
    return [None if label == NOISE else names[int(label)] for label in scenes.labels]


def _candidates(
    members: Sequence[CellMember],
    names: Sequence[str | None],
    graph: Graph,
    distances: tuple[np.ndarray, np.ndarray],
) -> Iterator[Pair]:
    """Edges, all within clusters, from the lower image id to the higher."""
    edges = zip(graph.first, graph.second, graph.similarity, *distances, strict=True)
    for first, second, similarity, plain, mirrored in edges:
        source, target = members[first], members[second]
        yield Pair(
            pair_id=pair_id_of(source.image_id, target.image_id),
            reverse_pair_id=pair_id_of(target.image_id, source.image_id),
            source_id=source.image_id,
            target_id=target.image_id,
            source_uri=source.uri,
            target_uri=target.uri,
            cluster=names[first],
            similarity=float(similarity),
            phash_distance=int(plain),
            mirrored_phash_distance=int(mirrored),
        )


def _judged_unseen(pairs: Iterable[Pair], settings: MineSettings) -> Iterator[Pair]:
    """Settle what needs no look: pairs over the ceiling, the least similar of large clusters."""
    by_cluster: dict[str | None, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_cluster[pair.cluster].append(pair)
    for of_cluster in by_cluster.values():
        of_cluster.sort(key=lambda pair: (-(pair.similarity or 0.0), pair.pair_id))
        rank = 0
        for pair in of_cluster:
            known = Ranked(pair, rank)
            status = first_no(PROPOSED, known, settings, otherwise=PairStatus.PENDING)
            rank += status == PairStatus.PENDING
            yield replace(pair, status=status)


def _owned(pairs: Iterable[Pair], members: Iterable[CellMember], cell: int) -> Iterator[Pair]:
    """Those pairs that no other cell has too."""
    cells = {member.image_id: member.cells for member in members}
    for pair in pairs:
        if owner(cells[pair.source_id], cells[pair.target_id]) == cell:
            yield pair


def _with_clusters(copies: Iterable[Pair], clusters: dict[str, str | None]) -> Iterator[Pair]:
    for pair in copies:
        yield replace(pair, cluster=clusters.get(pair.source_id))
