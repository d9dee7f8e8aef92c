"""How large the benchmark is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Images at which each figure is taken, and how often."""

    rounds: int
    seed: int
    seeds: tuple[int, ...]
    """Of planted vectors, for the quality of scenes."""
    neighbors_images: int
    join_images: int
    peers_images: int
    growth_images: tuple[int, int] | None


FULL = Options(3, 3, tuple(range(6)), 50_000, 200_000, 10_000, (200_000, 1_000_000))
QUICK = Options(1, 3, (0, 1, 2), 16_000, 16_000, 3_000, None)
