"""How long up to a billion images take on a cluster, from rates that one core was measured at.

    python -m benchmarks.plan --scan 60 --embed 40 --pairs 60 --candidates 2.5 --join 49

Shards go to free cores in order, as the Ray executor hands them out; how long one takes varies, and
machines are lost at random: what they were at is done again. Prints a table in Markdown.
"""

import argparse
import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass

IMAGES = (10**7, 10**8, 10**9)
CORES = (64, 1024, 8192)
IMAGES_PER_SHARD, PAIRS_PER_SHARD = 2048, 500
JOINED = 200_000
"""Images of the join that was timed."""
SPREAD = 0.3
"""Standard deviation of a shard's time over its mean."""
HOURS_BETWEEN_LOSSES = 500.0
"""Of one machine."""
DIMENSIONS, BYTES = 512, 6
"""A vector in a cell is held in float32 and in bfloat16."""


@dataclass(frozen=True)
class Rates:
    """What one core does, measured."""

    scan: float
    """Images a second."""
    embed: float
    pairs: float
    """Candidate pairs a second."""
    candidates: float
    """Per image."""
    join: float
    """CPU seconds of the exact join of JOINED images."""
    cell: int
    """Images in one cell, those of its border included."""
    spill: float
    """Cells an image lies in, on average."""


@dataclass(frozen=True)
class Stage:
    """Shards of one kind."""

    name: str
    shards: int
    seconds: float
    """Of a core, for each shard."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("scan", "embed", "pairs", "candidates", "join"):
        parser.add_argument(f"--{name}", type=float, required=True)
    parser.add_argument("--cell", type=int, default=200_000)
    parser.add_argument("--spill", type=float, default=1.3)
    rates = Rates(**vars(parser.parse_args()))
    memory = rates.cell * DIMENSIONS * BYTES / 1e9
    print("| images | stage | shards | core-hours |", *(f"hours on {n} |" for n in CORES))
    print("|---|---|---|---|" + "---|" * len(CORES))
    for images in IMAGES:
        for stage in stages(images, rates):
            hours = " | ".join(f"{makespan(stage, cores) / 3600:.1f}" for cores in CORES)
            cost = stage.shards * stage.seconds / 3600
            print(f"| {images:.0e} | {stage.name} | {stage.shards} | {cost:,.0f} | {hours} |")
    print(f"\nA worker holds one cell: {memory:.1f} GB of vectors.")


def stages(images: int, rates: Rates) -> Iterator[Stage]:
    """What is to be done for so many images."""
    shards = -(-images // IMAGES_PER_SHARD)
    yield Stage("scan", shards, IMAGES_PER_SHARD / rates.scan)
    yield Stage("embed", shards, IMAGES_PER_SHARD / rates.embed)
    cells = max(1, round(images * rates.spill / rates.cell))
    yield Stage("cluster", cells, rates.join * (rates.cell / JOINED) ** 2)
    pairs = round(images * rates.candidates)
    yield Stage("pairs", -(-pairs // PAIRS_PER_SHARD), PAIRS_PER_SHARD / rates.pairs)


def makespan(stage: Stage, cores: int) -> float:
    """Seconds until the last shard is done."""
    rng = random.Random(f"{stage} {cores}")
    busy = min(cores, stage.shards)
    free = [0.0] * busy
    losses = 1 / (HOURS_BETWEEN_LOSSES * 3600)
    last = 0.0
    for _ in range(stage.shards):
        start = heapq.heappop(free)
        end = start + _duration(rng, stage.seconds)
        while rng.random() < losses * (end - start):  # its machine was lost on the way
            start += rng.random() * (end - start)
            end = start + _duration(rng, stage.seconds)
        last = max(last, end)
        heapq.heappush(free, end)
    return last


def _duration(rng: random.Random, mean: float) -> float:
    return mean * max(0.1, rng.gauss(1, SPREAD))


if __name__ == "__main__":
    main()
