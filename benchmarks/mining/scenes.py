"""Scenes: the whole clustering beside HDBSCAN as its packages invite, and how it grows."""

import math
from statistics import median

from benchmarks.mining.options import Options
from benchmarks.mining.rounds import Bench

PEERS = ("hdbscan", "sklearn_hdbscan", "fast_hdbscan", "imagededup")


def figures(bench: Bench, options: Options) -> dict[str, object]:
    return _beside_peers(bench, options) | _growth(bench, options)


def _beside_peers(bench: Bench, options: Options) -> dict[str, object]:
    images, size = options.peers_images, f"{options.peers_images // 1000}k"
    print(f"scenes of {images} images, by seed of the planted vectors", flush=True)
    vectors = bench.vectors(images, options.seed)
    ours = bench.rounds(["ours"], vectors, options.rounds)["ours"]
    peers = bench.rounds(PEERS, vectors, 1)
    found: dict[str, object] = {
        f"{way}_over_ours_{size}": result["cpu_seconds"] / ours["cpu_seconds"]
        for way, result in peers.items()
    }
    found |= {
        f"pair_f1_{size}_{way}": result["pair_f1"]
        for way, result in peers.items()
        if "pair_f1" in result
    }
    for way in ("ours", "ours_with_hdbscan"):
        by_seed = [bench.run(way, bench.vectors(images, seed)) for seed in options.seeds]
        scores = sorted(each["pair_f1"] for each in by_seed if each is not None)
        print(f"  {way}: pair F1 {scores}", flush=True)
        name = f"pair_f1_{size}" + way.removeprefix("ours")
        found |= {name: median(scores), f"{name}_worst": scores[0]}
    return found | {"labels_repeat": ours["repeats_alike"]}


def _growth(bench: Bench, options: Options) -> dict[str, object]:
    """As `mine` chooses by size: an exact search at first, an approximate one later."""
    if not options.growth_images:
        return {}
    few, many = options.growth_images
    print(f"growth from {few} to {many} images", flush=True)
    vectors = bench.vectors(few, options.seed)
    exact = bench.rounds(["ours", "ours_approximately"], vectors, 1)
    large = bench.rounds(["ours_approximately"], bench.vectors(many, options.seed), 1)
    big = large["ours_approximately"]
    exponents = {
        f"growth_exponent{name}": math.log(big["cpu_seconds"] / small["cpu_seconds"])
        / math.log(many / few)
        for name, small in (("", exact["ours"]), ("_lists", exact["ours_approximately"]))
    }
    return {
        f"pair_f1_{few // 1000}k": exact["ours"]["pair_f1"],
        f"pair_f1_{few // 1000}k_lists": exact["ours_approximately"]["pair_f1"],
        f"pair_f1_{many // 1000}k_lists": big["pair_f1"],
        "growth_images": [few, many],
        "growth_links_found": big["links_found"],
        "growth_peak_megabytes": big["peak_megabytes"],
        **exponents,
    }
