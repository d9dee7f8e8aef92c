"""Ways side by side: each in a process of its own, in turns, and the medians of what they say."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.clustering.planted_vectors import plant

Found = Mapping[str, Any]


@dataclass(frozen=True)
class Bench:
    """Where vectors are kept, and what the peers need."""

    folder: Path
    peers: str
    """Folder of further packages, for the peers' processes alone."""

    def vectors(self, images: int, seed: int) -> Path:
        """Planted vectors, made once, with their scenes beside them."""
        path = self.folder / f"{images}-{seed}.npy"
        if not path.exists():
            words = [sys.executable, "-m", "benchmarks.mining.rounds", str(path)]
            subprocess.run([*words, str(images), str(seed)], check=True)
        return path

    def run(self, way: str, vectors: Path) -> Found | None:
        """What one way found; None where it cannot run, and a line says why."""
        environment = os.environ | {
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join([str(Path.cwd()), self.peers]),
            "PYTHONWARNINGS": "ignore",
        }
        command = [sys.executable, "-m", "benchmarks.mining.ways", way, str(vectors)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True)
        if ended.returncode:
            print(f"  {way} skipped: {ended.stderr.strip().splitlines()[-1]}", flush=True)
            return None
        return json.loads(ended.stdout.splitlines()[-1])

    def rounds(self, ways: Sequence[str], vectors: Path, rounds: int) -> dict[str, Found]:
        """The medians of each way that ran; the order turns round from one round to the next."""
        found: dict[str, list[Found]] = {way: [] for way in ways}
        for number in range(rounds):
            for way in ways if number % 2 == 0 else reversed(ways):
                result = self.run(way, vectors) if len(found[way]) == number else None
                if result is not None:
                    found[way].append(result)
                    said = ", ".join(f"{name} {_short(value)}" for name, value in result.items())
                    print(f"  {way}: {said}", flush=True)
        return {way: _middle(results) for way, results in found.items() if results}


def save_planted(path: str, images: str, seed: str) -> None:
    planted = plant(int(images), int(seed))
    np.save(Path(path).with_suffix(".scenes.npy"), planted.scenes)
    np.save(path, planted.vectors)


def _middle(results: Sequence[Found]) -> Found:
    """The last result, its seconds the median, and whether all labels were the same bytes."""
    seconds = median(result["cpu_seconds"] for result in results)
    digests = {result.get("labels_digest") for result in results}
    return {**results[-1], "cpu_seconds": seconds, "repeats_alike": len(digests) == 1}


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    save_planted(*sys.argv[1:])
