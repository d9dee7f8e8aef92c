"""Train the starter model from nothing: `python -m finetune.starter OUT --minutes N --seed S`.

Four stages, each leaving its product in OUT and skipping itself when that is already there:

    prepare   crops.npy                     square crops of freely licensed photos
    train     checkpoint.pt, curve.jsonl    resumes from the last checkpoint
    export    model/                        a folder for transformers and vLLM
    evaluate  report.md                     greedy answers on photos training never saw

One CPU core is enough; set OMP_NUM_THREADS=1 where others are busy.
"""

import argparse
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from finetune.starter.recipe import REPORT_SEED

if TYPE_CHECKING:
    from finetune.starter.network.model import StarterProcessor
    from finetune.starter.training import Training

CURVE_SEED = 7
CURVE_PAIRS = 400

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """One training run and where its products go."""

    folder: Path
    minutes: float
    seed: int
    evaluation_pairs: int

    @property
    def crops(self) -> Path:
        return self.folder / "crops.npy"

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def model(self) -> Path:
        return self.folder / "model"


def main() -> None:
    """Run the stages that OUT still lacks."""
    parser = argparse.ArgumentParser(description="Train the starter model on procedural edits.")
    parser.add_argument("out", type=Path, help="folder for crops, checkpoint, model and report")
    parser.add_argument("--minutes", type=float, default=96, help="wall-clock minutes of training")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=1200, help="held-out pairs to evaluate on")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    os.environ["HF_HUB_OFFLINE"] = "1"
    run = Run(options.out, options.minutes, options.seed, options.pairs)
    run.folder.mkdir(parents=True, exist_ok=True)
    prepare(run)
    train_and_export(run)
    evaluate(run)


def prepare(run: Run) -> None:
    """Fetch the photos and cut the crops."""
    from finetune.planted.photos import crop_pool

    if not run.crops.exists():
        log.info("fetching photos into %s", run.folder / "photos")
        np.save(run.crops, crop_pool(run.folder / "photos", run.seed))


def train_and_export(run: Run) -> None:
    """Train until the minutes are spent, then write the model folder."""
    from finetune.starter.batches import collate
    from finetune.starter.export import export
    from finetune.starter.held_out_scores import held_out_edits

    training, processor = start_or_resume(run)
    if training.progress < 1:
        held_out = collate(held_out_edits(CURVE_PAIRS, CURVE_SEED), processor.tokenizer)
        training.run(np.load(run.crops, mmap_mode="r"), held_out, run.checkpoint)
    export(training, processor, run.model)


def start_or_resume(run: Run) -> "tuple[Training, StarterProcessor]":
    """Return a fresh model, or the one in the checkpoint."""
    import torch

    from finetune.starter.network.model import Size, build_model, build_processor
    from finetune.starter.network.tokenizer import build_tokenizer
    from finetune.starter.recipe import Recipe
    from finetune.starter.training import Training

    # Two threads of a small model spend their time waiting for each other.
    torch.set_num_threads(1)
    processor = build_processor(build_tokenizer())
    model = build_model(processor.tokenizer, Size(), run.seed)
    training = Training(model, processor, Recipe(minutes=run.minutes, seed=run.seed))
    if run.checkpoint.exists():
        training.load(run.checkpoint)
        log.info("resuming: %s", training.report())
    return training, processor


def evaluate(run: Run) -> None:
    """Answer held-out pairs and write the table."""
    from finetune.starter.held_out_scores import measure

    table = measure(run.model, run.evaluation_pairs, REPORT_SEED)
    (run.folder / "report.md").write_text(table + "\n")
    log.info("%d held-out pairs\n%s", run.evaluation_pairs, table)


if __name__ == "__main__":
    main()
