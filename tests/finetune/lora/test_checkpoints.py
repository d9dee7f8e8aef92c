"""Only a checkpoint whose files are what they were is gone on from."""

from pathlib import Path

import pytest
import torch

from finetune.errors import OutOfMemoryError
from finetune.lora.collate import Collator
from finetune.lora.loop import TrainingData, run_training
from finetune.lora.sealed_checkpoints import MANIFEST, newest_sound, seal
from finetune.settings import TrainSettings


def checkpoint(folder: Path, step: int, sealed: bool = True) -> Path:
    made = folder / f"checkpoint-{step}"
    made.mkdir()
    (made / "weights").write_bytes(bytes([step % 256]) * 100)
    if sealed:
        seal(made)
    return made


def test_the_newest_is_found_by_its_step(tmp_path: Path) -> None:
    checkpoint(tmp_path, 90)
    newest = checkpoint(tmp_path, 100)

    assert newest_sound(tmp_path) == newest


def test_without_any_there_is_none(tmp_path: Path) -> None:
    assert newest_sound(tmp_path) is None


@pytest.mark.parametrize("damage", ["changed", "cut", "missing", "unsealed", "manifest"])
def test_a_damaged_one_gives_way_to_the_one_before(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    older = checkpoint(tmp_path, 90)
    newer = checkpoint(tmp_path, 100, sealed=damage != "unsealed")
    weights = newer / "weights"
    match damage:
        case "changed":
            weights.write_bytes(bytes(100))
        case "cut":
            weights.write_bytes(weights.read_bytes()[:50])
        case "missing":
            weights.unlink()
        case "manifest":
            (newer / MANIFEST).write_text("{")

    assert newest_sound(tmp_path) == older
    assert not newer.exists()
    assert "checkpoint-100 is damaged" in capsys.readouterr().err


class TooMuch(Collator):
    """A batch that no machine has room for."""

    def __call__(self, items: object) -> dict[str, object]:
        return {"labels": torch.empty(1 << 58, dtype=torch.uint8)}


def test_when_memory_runs_out_it_says_what_to_lower(tmp_path: Path) -> None:
    settings = TrainSettings(set_url="unused", batch_size=4, epochs=1)
    data = TrainingData([0, 0, 0, 0], [1] * 4)  # type: ignore[arg-type]

    with pytest.raises(OutOfMemoryError, match="--batch-size 2 --gradient-accumulation-steps 2"):
        run_training(torch.nn.Linear(1, 1), data, settings, TooMuch(0), tmp_path)
