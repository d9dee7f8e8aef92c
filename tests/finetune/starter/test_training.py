import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from finetune.planted.plant import plant
from finetune.starter import __main__ as starter
from finetune.starter.batches import PlantedBatches
from finetune.starter.export import export
from finetune.starter.held_out_scores import answer, report, score
from finetune.starter.network.model import Size, build_model
from finetune.starter.recipe import Recipe
from finetune.starter.training import Training

Photograph = Callable[[int, int], Image.Image]
SMALL = Size(width=64, layers=3, feed_forward=64, vision_width=64, vision_layers=1)


@pytest.fixture(scope="module")
def crops(photograph: Photograph) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.stack([np.asarray(photograph(seed, 192)) for seed in range(4)])


def start(processor: Any, minutes: float) -> Training:
    model = build_model(processor.tokenizer, SMALL, seed=0)
    return Training(model, processor, Recipe(minutes=minutes, seed=0, batch_size=4))


def test_batches_depend_on_seed_and_number_alone(processor: Any, crops: Any) -> None:
    batches = PlantedBatches(crops, processor.tokenizer, 4, seed=1)
    first, again, other = batches[7], batches[7], batches[8]
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.replies, again.replies)
    assert not torch.equal(first.images, other.images)


def test_steps_lower_the_loss(processor: Any, crops: Any) -> None:
    training = start(processor, minutes=10)
    batch = PlantedBatches(crops, processor.tokenizer, 8, seed=0)[0]
    before = sum(loss.item() for loss in training.losses(batch).values())
    for _ in range(8):
        training.learn(batch)
    after = sum(loss.item() for loss in training.losses(batch).values())
    assert after < 0.9 * before


def test_a_short_run_leaves_a_checkpoint_that_resumes(
    processor: Any, crops: Any, tmp_path: Path
) -> None:
    training = start(processor, minutes=0.001)
    held_out = PlantedBatches(crops, processor.tokenizer, 4, seed=9)[0]
    training.run(crops, held_out, tmp_path / "checkpoint.pt")
    assert (tmp_path / "curve.jsonl").read_text().count("\n") == 1

    resumed = start(processor, minutes=0.001)
    resumed.load(tmp_path / "checkpoint.pt")
    assert resumed.step == training.step > 0
    assert resumed.progress >= 1
    for name, weights in training.averaged.items():
        assert torch.equal(weights, resumed.averaged[name])


def test_an_export_answers_through_the_standard_classes(
    processor: Any, crops: Any, photograph: Photograph, tmp_path: Path
) -> None:
    training = start(processor, minutes=10)
    before = {name: weights.clone() for name, weights in training.model.named_parameters()}
    export(training, processor, tmp_path)
    for name, weights in training.model.named_parameters():
        assert torch.equal(weights, before[name]), "exporting must not round the model in training"
    edits = [plant(random.Random(seed), photograph(seed, 192), "add") for seed in range(2)]
    known = [edit for edit in edits if edit]
    answers = answer(tmp_path, known)
    scores = [score(edit, said) for edit, said in zip(known, answers, strict=True)]
    assert "| **all** | 2 |" in report(scores)


def test_the_stages_follow_one_another(
    photograph: Photograph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(
        tmp_path / "crops.npy", np.stack([np.asarray(photograph(seed, 192)) for seed in range(2)])
    )
    monkeypatch.setattr("finetune.starter.network.model.Size", lambda: SMALL)
    monkeypatch.setattr(starter, "CURVE_PAIRS", 2)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    words = ["starter", str(tmp_path), "--minutes", "0.0005", "--pairs", "2"]
    monkeypatch.setattr("sys.argv", words)
    starter.main()
    assert (tmp_path / "report.md").read_text().startswith("| kind |")
    checkpoint = (tmp_path / "checkpoint.pt").stat().st_mtime_ns
    starter.main()
    assert (tmp_path / "checkpoint.pt").stat().st_mtime_ns == checkpoint, "nothing left to train"
