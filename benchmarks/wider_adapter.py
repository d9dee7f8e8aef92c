"""An adapter for the starter, trained on photos that the demo never shows, and what it forgets.

    python -m benchmarks.wider_adapter OUT

Edits are planted in crops of the photos that the starter was trained on (docs/starter.md), taught
ones and further ones. They are mined, annotated, reviewed by the simulated reviewer and learnt:
OUT/set/adapters/wider. Then it is measured on the held-out photos, no change among the kinds.
"""

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from annotator.models import starter_folder
from benchmarks.loop import annotate, pairset, say
from finetune.photos import cut_crops, training_photos
from finetune.starter import REPORT_SEED
from finetune.tinyvlm.evaluation import measure
from pairset.adapter_cards import adapter_folder
from pairset.demo.corpus import build_corpus
from pairset.demo.figures import expected_words
from pairset.demo.reviewer import review_queue
from pairset.demo.scenes import SCENE_SIDE
from pairset.demo.truth import load_truth
from pairset.store import open_set

NAME = "wider"
PAIRS = 1200
TRAINING = ["--epochs", "14", "--learning-rate", "2e-3", "--held-out-share", "0.1"]


@dataclass(frozen=True)
class Crop:
    """One square of a photo."""

    name: str
    pixels: Image.Image

    def image(self) -> Image.Image:
        return self.pixels.resize((SCENE_SIDE, SCENE_SIDE), Image.Resampling.LANCZOS)


def crops(photos: Path, seed: int, most: int) -> list[Crop]:
    """One lively crop of each photo, in random order, so many at most."""
    rng = random.Random(seed)
    found = [
        Crop(f"crop-{number:03}", crop)
        for number, photo in enumerate(training_photos(photos))
        for crop in cut_crops(rng, photo, count=1)
    ]
    rng.shuffle(found)
    return found[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--scenes", type=int, default=48)
    options = parser.parse_args()
    out, corpus, pair_set = options.out, options.out / "corpus", str(options.out / "set")
    if not (out / "truth.json").exists():
        scenes = crops(out / "photos", options.seed, options.scenes)
        build_corpus(corpus, options.seed, scenes, further=True).save(out / "truth.json")
    pairset("mine", pair_set, str(corpus), "--encoder", "lite0")
    annotate(pair_set, "--engine", "vllm")
    pairset("triage", pair_set, "--threshold", "1")
    expected = expected_words(open_set(pair_set), corpus, load_truth(out / "truth.json"))
    say(f"{review_queue(open_set(pair_set), expected)} verdicts by the simulated reviewer")
    pairset("train", pair_set, "--model", "starter", "--name", NAME, *TRAINING)
    folder = adapter_folder(open_set(pair_set), NAME)
    print(measure(starter_folder(), PAIRS, REPORT_SEED, folder, further=True))


if __name__ == "__main__":
    main()
