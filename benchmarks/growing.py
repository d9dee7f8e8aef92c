"""What one per cent more images costs, and what a Ray cluster adds, in CPU and in wall seconds.

    python -m benchmarks.growing OUT [--scenes 300] [--share 0.01]

The demo's edits and copies are planted in crops of photos that Debian packages (fetched by apt).
The corpus is mined without the last images and again with them; then all of it from nothing on this
machine, and on a Ray cluster of as many CPUs here. The last line is one JSON object.
"""

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks.wider_adapter import Crop
from finetune.planted.photos import cut_crops, training_photos
from pairset.app.demo.photo_squares import SCENE_SIDE
from pairset.app.demo.planted_corpus import build_corpus
from pairset.store import open_set

SEED = 5
CROPS_PER_PHOTO = 4


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    cpu_seconds: float
    wall_seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=int, default=300)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    corpus, later = options.out / "corpus", options.out / "later"
    build_corpus(corpus, SEED, crops(options.out / "photos", options.scenes))
    images = sorted(path for path in corpus.rglob("*") if path.is_file())
    added = random.Random(SEED).sample(images, max(1, round(options.share * len(images))))
    later.mkdir()
    for path in added:
        path.rename(later / path.name)
    before = mine(options.out / "growing", corpus, "--workers", "1")
    for path in added:
        (later / path.name).rename(path)
    more = mine(options.out / "growing", corpus, "--workers", "1")
    whole = mine(options.out / "whole", corpus, "--workers", "1")
    figures = {
        "images": len(images),
        "added": len(added),
        "before": before.cpu_seconds,
        "added_cpu_seconds": more.cpu_seconds,
        "whole_cpu_seconds": whole.cpu_seconds,
        "incremental_share": more.cpu_seconds / whole.cpu_seconds,
        "pairs_as_from_nothing": kept(options.out / "growing") == kept(options.out / "whole"),
        **beside_ray(options.out, corpus, options.workers),
    }
    print(json.dumps({name: _rounded(value) for name, value in figures.items()}))


def crops(photos: Path, most: int) -> Sequence[Crop]:
    """Lively crops of each photo, in random order, so many at most."""
    rng, size = random.Random(SEED), (SCENE_SIDE, SCENE_SIDE)
    found = [
        Crop(f"crop-{number:03}-{place}", crop.resize(size, Image.Resampling.LANCZOS))
        for number, photo in enumerate(training_photos(photos))
        for place, crop in enumerate(cut_crops(rng, photo, CROPS_PER_PHOTO))
    ]
    rng.shuffle(found)
    return found[:most]


def mine(folder: Path, corpus: Path, *words: str) -> Cost:
    """Run ``pairset mine`` to its end in a process of its own."""
    command = [sys.executable, "-m", "pairset", "mine", str(folder), str(corpus)]
    used, start = _cpu_of_children(), time.monotonic()
    chosen = ("--encoder", "lite0", "--images-per-shard", "128")
    subprocess.run([*command, *chosen, *words], check=True, stdout=sys.stderr)
    return Cost(_cpu_of_children() - used, time.monotonic() - start)


def beside_ray(out: Path, corpus: Path, workers: int) -> dict[str, float]:
    """The same run on processes and on a cluster of as many CPUs, both from nothing."""
    from ray.cluster_utils import Cluster

    here = mine(out / "here", corpus, "--workers", str(workers))
    head = {"num_cpus": workers, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    try:
        words = ("--executor", "ray", "--address", cluster.address)
        there = mine(out / "there", corpus, *words)
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call]
    same = kept(out / "here") == kept(out / "there")
    for name in ("here", "there"):
        shutil.rmtree(out / name)
    return {
        "local_wall_seconds": here.wall_seconds,
        "ray_wall_seconds": there.wall_seconds,
        "ray_overhead": there.wall_seconds / here.wall_seconds,
        "pairs_on_ray_as_here": same,
    }


def kept(folder: Path) -> set[str]:
    """Ids of the pairs that a set keeps."""
    stage = open_set(str(folder)).current("pairs")
    assert stage is not None
    rows = (row for table in stage.tables(["pair_id", "status"]) for row in table.to_pylist())
    return {row["pair_id"] for row in rows if row["status"] == "kept"}


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _rounded(value: float) -> float:
    return value if isinstance(value, bool | int) else round(value, 4)


if __name__ == "__main__":
    main()
