"""All gates on pairs of 512 pixels: ours beside the straightforward scikit-image and imagehash.

    python -m benchmarks.gates       # verdicts on every candidate of the demo; --quick: on a fifth

Timed in turns: hashes of both images, alignment, mask, SSIM, colour and detail, verdict; nothing is
kept from one pair to the next. The straightforward version asks the same questions of the libraries
as their documentation does: ORB and RANSAC, labelled regions, full SSIM. One scikit-image SSIM of
the same greys is timed too. Verdicts are compared on every candidate as it is in the corpus.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from benchmarks.plain_gates import plain_ssim, plain_verdict
from clustering.corpus.perceptual_hashes import perceptual_hashes
from clustering.gates.alignment import align
from clustering.gates.difference import compare, overlay
from clustering.gates.explanation import unexplained
from clustering.gates.rules import ALIGNED, COMPARED, Compared, first_no
from clustering.gates.views import View
from clustering.mine import mine
from clustering.settings import MineSettings
from pairset.app.demo.planted_corpus import build_corpus
from pairset.images import open_image
from pairset.records import Pair, rows_of
from pairset.records.pair import PairStatus
from pairset.store import PairSet

SIDE = 512
ROUNDS = 3
TIMED_PAIRS = 60
SETTLED = frozenset({PairStatus.EXACT_COPY, PairStatus.OVER_CLUSTER_CAP})
"""Statuses that need no look at pixels."""


@dataclass(frozen=True)
class Candidate:
    """Two decoded images, and what names them."""

    name: str
    source: Pillow.Image
    target: Pillow.Image

    def enlarged(self) -> "Candidate":
        size = (SIDE, SIDE)
        how = Pillow.Resampling.BICUBIC
        return Candidate(self.name, self.source.resize(size, how), self.target.resize(size, how))


def main(quick: bool) -> None:
    print(json.dumps(figures(quick)))


def figures(quick: bool = False) -> dict[str, Any]:
    """Pairs per core-second, how often faster than the straightforward way, and what differs."""
    import cv2

    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        settings, candidates = demo_candidates(Path(folder))
    spread = candidates[:: max(1, len(candidates) // TIMED_PAIRS)]
    compared = spread if quick else candidates
    timed = [each.enlarged() for each in spread]
    ways: dict[str, Callable[[Candidate], object]] = {
        "ours": lambda pair: our_verdict(pair, settings),
        "straightforward": lambda pair: plain_verdict(pair.source, pair.target, settings),
        "one SSIM": lambda pair: plain_ssim(pair.source, pair.target),
    }
    rate = _rates(ways, timed)
    differing = _differences(compared, settings)
    for name, pairs in rate.items():
        print(f"{name:16} {pairs:7.1f} pairs per core-second")
    print(f"verdicts that differ: {differing.total()} of {len(compared)}")
    for (ours, theirs), count in differing.most_common():
        print(f"  {count:3} {ours} here, {theirs} there")
    return {
        "gates_pairs_per_core_second": rate["ours"],
        "gates_speedup": rate["ours"] / rate["straightforward"],
        "gates_over_ssim": rate["one SSIM"] / rate["ours"],
        "gates_verdicts_differing": differing.total(),
        "gates_verdicts": len(compared),
    }


def demo_candidates(folder: Path) -> tuple[MineSettings, list[Candidate]]:
    """The demo's corpus, mined here, and every candidate whose pixels the gates looked at."""
    build_corpus(folder / "corpus", 0)
    settings = MineSettings(
        set_url=str(folder / "set"), corpus=[str(folder / "corpus")], encoder="lite0", workers=1
    )
    mine(settings)
    stage = PairSet(settings.set_url).current("pairs")
    assert stage is not None
    rows = [pair for table in stage.tables() for pair in rows_of(Pair, table)]
    looked_at = [pair for pair in rows if pair.status not in SETTLED]
    opened = {uri: open_image(uri) for pair in looked_at for uri in _uris(pair)}
    candidates = [
        Candidate(
            " ".join(Path(uri).name for uri in _uris(pair)), *(opened[uri] for uri in _uris(pair))
        )
        for pair in looked_at
    ]
    return settings, candidates


def _uris(pair: Pair) -> tuple[str, str]:
    return pair.source_uri, pair.target_uri


def our_verdict(pair: Candidate, settings: MineSettings) -> PairStatus:
    """What ``clustering.pairs.measure`` does, from pixels, and both images' hashes."""
    hashes = [perceptual_hashes(image)[0] for image in (pair.source, pair.target)]
    distance = (int(hashes[0], 16) ^ int(hashes[1], 16)).bit_count()
    source, target = (View(_pixels(image)) for image in (pair.source, pair.target))
    alignment = align(source, target)
    unrelated = first_no(ALIGNED, alignment, settings)
    if unrelated != PairStatus.KEPT:
        return unrelated
    laid = overlay(source, target, alignment)
    verdict = first_no(COMPARED, Compared(alignment, compare(laid), distance), settings)
    if verdict == PairStatus.KEPT:
        unexplained(laid, alignment)
    return verdict


def _pixels(image: Pillow.Image) -> NDArray[np.uint8]:
    return np.asarray(image, dtype=np.uint8)


def _rates(
    ways: dict[str, Callable[[Candidate], object]], pairs: Sequence[Candidate]
) -> dict[str, float]:
    """Pairs per core-second of each way, medians of rounds taken in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.process_time()
            for pair in pairs:
                way(pair)
            seconds[name].append(time.process_time() - start)
    return {name: len(pairs) / statistics.median(each) for name, each in seconds.items()}


def _differences(pairs: Sequence[Candidate], settings: MineSettings) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        ours = our_verdict(pair, settings)
        theirs = plain_verdict(pair.source, pair.target, settings)
        if ours != theirs:
            found[str(ours), str(theirs)] += 1
            print(f"  {pair.name}: {ours} here, {theirs} there")
    return found


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main("--quick" in sys.argv[1:])
