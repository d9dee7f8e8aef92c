"""The adapter that ships with the starter, made by the commands a person would type, and measured.

    python -m benchmarks.wider_adapter OUT

Edits are planted in crops of the photos that the starter was trained on (docs/starter.md), taught
ones and further ones. They are mined, annotated, reviewed by the simulated reviewer and learnt:
OUT/set/adapters/starter-wider. Then it is measured on the held-out photos, no change among the
kinds.
"""

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from annotator.weights.models import starter_folder
from benchmarks.loop import annotate, pairset, say
from finetune.planted.photos import CROP_SIDE, LONGEST_SIDE, is_lively, training_photos
from finetune.starter.held_out_scores import measure
from finetune.starter.recipe import REPORT_SEED
from pairset.app.demo.photo_squares import SCENE_SIDE
from pairset.app.demo.planted_corpus import build_corpus
from pairset.app.demo.planted_figures import expected_words
from pairset.app.demo.reviewer import review_queue
from pairset.app.demo.truth import load_truth
from pairset.models.adapter_cards import adapter_folder
from pairset.store import open_set

NAME = "starter-wider"
PAIRS = 1200
ATTEMPTS_PER_HALF = 8
TRAINING = {
    "--epochs": "6",
    "--learning-rate": "5e-4",
    "--oversample": "1",
    "--held-out-share": "0.1",
}


@dataclass(frozen=True)
class Crop:
    """One square of a photo."""

    name: str
    pixels: Image.Image

    def image(self) -> Image.Image:
        return self.pixels


def crops(photos: Path, seed: int) -> list[Crop]:
    """A lively crop of each half of each photo, where there is one, in random order.

    Crops of two halves have nothing in common, so that each is a scene of its own.
    """
    rng = random.Random(seed)
    found = [
        Crop(f"crop-{number:03}-{side}", crop)
        for number, photo in enumerate(training_photos(photos))
        for side, half in enumerate(halves(photo))
        if (crop := lively_crop(rng, half))
    ]
    rng.shuffle(found)
    return found


def halves(photo: Path) -> tuple[Image.Image, Image.Image]:
    """Both halves of a photo's longer side."""
    with Image.open(photo) as file:
        image = file.convert("RGB")
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    width, height = image.size
    if width >= height:
        middle = width // 2
        return image.crop((0, 0, middle, height)), image.crop((middle, 0, width, height))
    middle = height // 2
    return image.crop((0, 0, width, middle)), image.crop((0, middle, width, height))


def lively_crop(rng: random.Random, image: Image.Image) -> Image.Image | None:
    """A square of SCENE_SIDE pixels, larger ones likelier, or None where none is lively."""
    longest = min(image.size)
    shortest = min(CROP_SIDE, longest)
    for _ in range(ATTEMPTS_PER_HALF):
        side = max(shortest, int(longest * rng.random() ** 0.5))
        left = rng.randint(0, image.width - side)
        top = rng.randint(0, image.height - side)
        box = (left, top, left + side, top + side)
        crop = image.resize((SCENE_SIDE, SCENE_SIDE), Image.Resampling.LANCZOS, box=box)
        if is_lively(crop):
            return crop
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    out, corpus, pair_set = options.out, options.out / "corpus", str(options.out / "set")
    if not (out / "truth.json").exists():
        scenes = crops(out / "photos", options.seed)
        build_corpus(corpus, options.seed, scenes, further=True).save(out / "truth.json")
    pairset("mine", pair_set, str(corpus), "--encoder", "lite0")
    annotate(pair_set, "--engine", "vllm")
    pairset("triage", pair_set, "--threshold", "1")
    expected = expected_words(open_set(pair_set), corpus, load_truth(out / "truth.json"))
    say(f"{review_queue(open_set(pair_set), expected)} verdicts by the simulated reviewer")
    flags = [word for flag in TRAINING.items() for word in flag]
    pairset("train", pair_set, "--model", "starter", "--name", NAME, *flags)
    for adapter in (None, adapter_folder(open_set(pair_set), NAME)):
        print(measure(starter_folder(), PAIRS, REPORT_SEED, adapter, further=True))


if __name__ == "__main__":
    main()
