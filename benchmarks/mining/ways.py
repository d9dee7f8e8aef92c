"""One way of finding neighbours or scenes, in a process of its own with one thread.

    python -m benchmarks.mining.ways WAY VECTORS.npy

The vectors are mapped. Prints one JSON object: CPU seconds of the way alone, the peak memory of the
process (mapped pages counted), and what the way has found.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from clustering.candidates import scene_rule, search_of
from clustering.encoders import Vectors
from clustering.image_clusters.find import find_scenes
from clustering.image_clusters.graph import Graph
from clustering.neighbors import Links, exact_links, find_links
from clustering.neighbors.arithmetic import fastest_arithmetic
from clustering.neighbors.join import COLUMNS, ROWS, half_tiles
from clustering.settings import MineSettings
from pairset.models.torch_companions import fit_torch_companions
from tests.clustering.planted_vectors import pair_f1

FLOOR = 0.8
NEIGHBORS = 50
ASKED = 4096
SAMPLED = 2_000
"""Images whose links are held against brute force."""

Found = dict[str, Any]


def floor(vectors: Vectors) -> Found:
    """Half the matrix product in the faster arithmetic: what no exact join can go below."""
    import torch

    torch.set_num_threads(1)
    kind = getattr(torch, fastest_arithmetic().kind)
    operand = torch.from_numpy(np.array(vectors)).to(kind)
    product = torch.empty(ROWS * COLUMNS, dtype=kind)
    for (top, bottom), (left, right) in half_tiles(len(operand)):
        shape = bottom - top, right - left
        out = product[: shape[0] * shape[1]].view(shape)
        torch.mm(operand[top:bottom], operand[left:right].T, out=out)
    return {"arithmetic": fastest_arithmetic().kind}


def join(vectors: Vectors) -> Found:
    start = time.process_time()
    links = exact_links(vectors, FLOOR)
    seconds = time.process_time() - start
    return {
        "cpu_seconds": seconds,
        "arithmetic": fastest_arithmetic().kind,
        "links": len(links.first),
        "differing_from_fp32": _differing(vectors, links),
    }


def _differing(vectors: Vectors, links: Links) -> int:
    """Links of a sample that brute force in fp32 does not share, but for the rounding of 1e-6."""
    sample = np.sort(np.random.default_rng(0).choice(len(vectors), SAMPLED, replace=False))
    keys = links.first * len(vectors) + links.second
    mine = keys[np.isin(links.first, sample) | np.isin(links.second, sample)]
    lost = np.setdiff1d(_links_of(sample, vectors, FLOOR + 1e-6), keys)
    invented = np.setdiff1d(mine, _links_of(sample, vectors, FLOOR - 1e-6))
    return len(lost) + len(invented)


def _links_of(sample: np.ndarray, vectors: Vectors, floor: float) -> np.ndarray:
    """All links of some images by brute force in fp32, as first × images + second."""
    keys = []
    for start in range(0, len(vectors), ASKED):
        row, place = np.nonzero(vectors[sample] @ vectors[start : start + ASKED].T >= floor)
        here, there = sample[row], place + start
        key = np.minimum(here, there) * len(vectors) + np.maximum(here, there)
        keys.append(key[here != there])
    return np.unique(np.concatenate(keys))


def faiss_flat(vectors: Vectors) -> Found:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.array(vectors))
    return _asked(index, vectors)


def faiss_ivf(vectors: Vectors) -> Found:
    import faiss

    lists = round(len(vectors) ** 0.5)
    index = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(vectors.shape[1]), vectors.shape[1], lists, faiss.METRIC_INNER_PRODUCT
    )
    index.train(np.array(vectors))
    index.add(np.array(vectors))
    index.nprobe = 4
    return _asked(index, vectors)


def _asked(index: Any, vectors: Vectors) -> Found:
    links = 0
    for start in range(0, len(vectors), ASKED):
        similarity, _ = index.search(np.array(vectors[start : start + ASKED]), NEIGHBORS + 1)
        links += int((similarity >= FLOOR).sum()) - len(similarity)
    return {"links": links // 2}


def ours(vectors: Vectors) -> Found:
    """Neighbours and scenes as `pairset mine` finds them, hashes left out."""
    return _ours(vectors)


def ours_approximately(vectors: Vectors) -> Found:
    """The same with the index, and the share of exact links that it found, by a sample."""
    start = time.process_time()
    found = _ours(vectors, neighbor_search="approximate")
    seconds = time.process_time() - start
    links = found.pop("all_links")
    return found | {"cpu_seconds": seconds, "links_found": _share_found(vectors, links)}


def _share_found(vectors: Vectors, links: Links) -> float:
    """Of the links of cosine .8 that sampled images have."""
    sample = np.sort(np.random.default_rng(0).choice(len(vectors), SAMPLED, replace=False))
    wanted = _links_of(sample, vectors, FLOOR)
    return float(np.isin(wanted, links.first * len(vectors) + links.second).mean())


def ours_with_hdbscan(vectors: Vectors) -> Found:
    return _ours(vectors, scene_method="hdbscan")


def _ours(vectors: Vectors, **changes: Any) -> Found:
    settings = MineSettings(set_url="", corpus=[""], neighbor_search="exact")
    settings = settings.model_copy(update=changes)
    links = find_links(vectors, search_of(settings, threads=1))
    graph = Graph(len(vectors), links.first, links.second, links.similarity, links.similarity)
    labels = find_scenes(graph, scene_rule(settings)).labels
    return {"links": len(links.first), "labels": labels, "all_links": links}


def hdbscan(vectors: Vectors) -> Found:
    from hdbscan import HDBSCAN

    model = HDBSCAN(min_cluster_size=2, core_dist_n_jobs=1)
    return {"labels": model.fit_predict(np.array(vectors))}


def sklearn_hdbscan(vectors: Vectors) -> Found:
    from sklearn.cluster import HDBSCAN

    model = HDBSCAN(min_cluster_size=2, n_jobs=1, copy=True)
    return {"labels": model.fit_predict(np.array(vectors))}


def fast_hdbscan(vectors: Vectors) -> Found:
    import numba
    from fast_hdbscan import HDBSCAN

    numba.set_num_threads(1)
    HDBSCAN(min_cluster_size=2).fit(np.array(vectors[:500]))  # compiled before it is timed
    start = time.process_time()
    labels = HDBSCAN(min_cluster_size=2).fit_predict(np.array(vectors))
    return {"labels": labels, "cpu_seconds": time.process_time() - start}


def imagededup(vectors: Vectors) -> Found:
    """Its CNN method from the encodings on: every cosine, then a search for near duplicates."""
    fit_torch_companions()
    from imagededup.methods import CNN
    from imagededup.utils.logger import return_logger

    finder = CNN.__new__(CNN)  # without its network, which would be downloaded
    finder.logger, finder.verbose = return_logger("benchmark"), 0
    encodings = {str(place): vector for place, vector in enumerate(np.array(vectors))}
    found = finder.find_duplicates(
        encoding_map=encodings, min_similarity_threshold=FLOOR, num_sim_workers=0
    )
    return {"links": sum(len(each) for each in found.values()) // 2}


WAYS: dict[str, Callable[[Vectors], Found]] = {
    way.__name__: way
    for way in (
        floor, join, faiss_flat, faiss_ivf, ours, ours_approximately, ours_with_hdbscan,
        hdbscan, sklearn_hdbscan, fast_hdbscan, imagededup,
    )
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("vectors", type=Path)
    options = parser.parse_args()
    vectors = np.load(options.vectors, mmap_mode="r")
    _one_thread()
    start = time.process_time()
    found = WAYS[options.way](vectors)
    found = {"cpu_seconds": time.process_time() - start} | found
    status = Path("/proc/self/status").read_text()
    found["peak_megabytes"] = int(status.split("VmHWM:")[1].split()[0]) / 1000
    found.pop("all_links", None)
    labels = found.pop("labels", None)
    if labels is not None:
        labels = np.asarray(labels, dtype=np.int64)
        found["pair_f1"] = pair_f1(labels, np.load(options.vectors.with_suffix(".scenes.npy")))
        found["labels_digest"] = hashlib.blake2b(labels.tobytes(), digest_size=8).hexdigest()
    print(json.dumps(found))


def _one_thread() -> None:
    import faiss
    import torch

    faiss.omp_set_num_threads(1)
    torch.set_num_threads(1)


if __name__ == "__main__":
    main()
