"""``pairset train`` as a person runs it, on a drawn set and the starter."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from pairset.app.cli import main
from pairset.models.adapter_cards import adapter_folder, read_card
from pairset.records import Example, rows_of
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import make_reviewed_set, pairs_of
from tests.finetune.lora.conftest import QUICK, Train
from tests.pairset.second_places import copy_everything

DEADLINE_SECONDS = 300

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")


def weights(pair_set: PairSet, name: str) -> dict[str, torch.Tensor]:
    return load_file(adapter_folder(pair_set, name) / "adapter_model.safetensors")


def losses(pair_set: PairSet, name: str) -> list[float]:
    lines = (adapter_folder(pair_set, name) / "curve.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


def examples_of(pair_set: PairSet) -> list[Example]:
    stage = pair_set.current("examples")
    assert stage is not None
    return [row for table in stage.tables() for row in rows_of(Example, table)]


def test_what_reviewers_said_is_learnt_and_kept_with_its_card(
    reviewed: PairSet, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--name", "first", "--epochs", "3") == 0

    card = read_card(adapter_folder(reviewed, "first"))
    assert card is not None
    learnt = [each for each in examples_of(reviewed) if each.teaches and each.split == "train"]
    assert card.trained_on == len(learnt) > 0
    assert (card.model, card.method) == ("starter", "supervised")
    assert {"torch", "transformers", "peft"} <= card.versions.keys()
    assert reviewed.url not in json.dumps(card.settings)
    seen = losses(reviewed, "first")
    assert sum(seen[-3:]) < sum(seen[:3])
    assert not (adapter_folder(reviewed, "first") / "checkpoints").exists()
    assert main(["adapters", reviewed.url]) == 0
    assert "first" in capsys.readouterr().out


def test_what_lost_one_of_its_places_is_learnt_from_the_other_as_the_same_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair_set = make_reviewed_set(tmp_path, 16)
    words = ["train", pair_set.url, *QUICK, "--samples", "2", "--epochs", "1"]
    copy_everything(pair_set, tmp_path / "second")
    for pair in pairs_of(pair_set):
        Path(pair.target_uri).unlink()
    assert main(words) == 0
    assert all(each.exclusion != "unreadable_image" for each in examples_of(pair_set))
    (page,) = Path(pair_set.url, "adapters").rglob("training.html")
    assert page.read_text(encoding="utf-8").count("data:image/jpeg") == 4

    shutil.copytree(tmp_path / "second", tmp_path / "photos", dirs_exist_ok=True)
    assert main(words) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_the_same_command_again_does_nothing(
    reviewed: PairSet, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--epochs", "1") == 0
    files = {path: path.stat().st_mtime_ns for path in Path(reviewed.url, "adapters").rglob("*")}

    assert train("--epochs", "1") == 0
    assert "nothing to do" in capsys.readouterr().out
    again = {path: path.stat().st_mtime_ns for path in Path(reviewed.url, "adapters").rglob("*")}
    assert again == files


def test_a_name_stands_for_one_adapter(train: Train, capsys: pytest.CaptureFixture[str]) -> None:
    assert train("--name", "first", "--epochs", "1") == 0

    assert train("--name", "first", "--epochs", "2") == 2
    assert "Give another --name" in capsys.readouterr().err


def test_killed_it_goes_on_and_ends_where_an_undisturbed_run_ends(
    drawn: PairSet, tmp_path: Path
) -> None:
    calm, killed = (
        PairSet(shutil.copytree(drawn.url, tmp_path / name).as_posix()) for name in ("calm", "hit")
    )
    words = [*QUICK, "--name", "kept", "--epochs", "3", "--checkpoint-steps", "2", "--seed", "5"]
    command = [sys.executable, "-m", "pairset", "train", killed.url, *words]
    checkpoints = adapter_folder(killed, "kept") / "checkpoints"
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not list(checkpoints.glob("*/manifest.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert read_card(adapter_folder(killed, "kept")) is None

    assert main(["train", killed.url, *words]) == 0
    assert main(["train", calm.url, *words]) == 0
    for name, tensor in weights(calm, "kept").items():
        assert torch.allclose(weights(killed, "kept")[name], tensor, atol=1e-5), name
    steps = [json.loads(line)["step"] for line in _curve(killed)]
    assert steps == [json.loads(line)["step"] for line in _curve(calm)]


def test_killed_while_samples_are_taken_it_keeps_the_figures_of_training(
    reviewed: PairSet, train: Train
) -> None:
    words = ("--name", "kept", "--epochs", "1", "--samples", "5")
    command = [sys.executable, "-m", "pairset", "train", reviewed.url, *QUICK, *words]
    figures = adapter_folder(reviewed, "kept") / "checkpoints" / "figures.json"
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not figures.exists() and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    measured = json.loads(figures.read_text())

    assert train(*words, "--samples", "1") == 0
    card = read_card(adapter_folder(reviewed, "kept"))
    assert card is not None
    assert card.figures == measured
    assert card.figures["loss"] > 0


def _curve(pair_set: PairSet) -> list[str]:
    return (adapter_folder(pair_set, "kept") / "curve.jsonl").read_text().splitlines()


def test_a_loss_that_is_no_number_stops_and_names_the_examples(
    reviewed: PairSet, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--learning-rate", "1e30", "--warm-up-share", "0", "--epochs", "4") == 6

    said = capsys.readouterr().err
    assert "--learning-rate" in said
    assert any(each.example_id in said for each in examples_of(reviewed))


def test_a_pair_whose_picture_is_gone_is_excluded_and_the_others_are_learnt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair_set = make_reviewed_set(tmp_path, 16)
    first = pairs_of(pair_set)[0]
    Path(first.source_uri).unlink()

    words = ["--name", "first", "--epochs", "1", "--held-out-share", "0.01"]
    assert main(["train", pair_set.url, *QUICK, *words]) == 0
    excluded = {each.pair_id: each.exclusion for each in examples_of(pair_set) if each.exclusion}
    assert excluded == {first.pair_id: "unreadable_image"}
    assert "unreadable_image" in capsys.readouterr().out


def test_examples_that_exceed_the_context_are_excluded(
    train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--context-tokens", "40") == 2

    assert "No reviewed pair is on the training side" in capsys.readouterr().err


def test_preference_training_prefers_the_correction(reviewed: PairSet, train: Train) -> None:
    assert train("--name", "first", "--epochs", "1", "--dropout", "0") == 0
    preferring = ("--method", "preference", "--start-from", "first", "--anchor", "0")

    assert train("--name", "second", "--epochs", "2", *preferring) == 0
    # Without the anchor the loss is that of the margins alone: ln 2 where there is none.
    assert losses(reviewed, "second")[0] == pytest.approx(0.693, abs=0.01)
    assert losses(reviewed, "second")[-1] < 0.6
    card = read_card(adapter_folder(reviewed, "second"))
    assert card is not None
    assert (card.method, card.start_from) == ("preference", "first")


def test_a_merged_checkpoint_says_what_the_adapter_says(
    reviewed: PairSet, train: Train, tmp_path: Path
) -> None:
    assert train("--name", "first", "--epochs", "1") == 0
    merged = tmp_path / "merged"

    assert main(["merge", reviewed.url, "first", str(merged)]) == 0
    common = ("--engine", "transformers", "--dtype", "float32", "--prompt", "brief", "--limit", "6")
    with_adapter = _replies(reviewed, "--model", "starter", "--adapter", "first", *common)
    assert _replies(reviewed, "--model", str(merged), *common) == with_adapter


def _replies(pair_set: PairSet, *words: str) -> dict[str, str]:
    from pairset.rows.annotations import latest_annotations

    # 1: every reply of a pupil of a few steps may be cut off, and the run says so.
    assert main(["annotate", pair_set.url, *words]) in (0, 1)
    rows = latest_annotations(pair_set).to_pylist()
    return {row["pair_id"]: row["raw_reply"] for row in rows}


def test_an_adapter_of_another_base_is_refused_by_name(
    reviewed: PairSet, train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from annotator.weights.models import starter_folder

    assert train("--name", "first", "--epochs", "1") == 0
    other = shutil.copytree(starter_folder(), tmp_path / "another-base")
    (other / "chat_template.jinja").write_text("{{ messages }}")

    asked = ["annotate", reviewed.url, "--model", str(other), "--adapter", "first"]
    assert main([*asked, "--engine", "transformers"]) == 2
    said = capsys.readouterr().err
    assert "first was trained on starter" in said
    assert "another-base" in said


def test_the_command_that_training_ends_with_serves_the_adapter(
    reviewed: PairSet, train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from annotator.weights.models import starter_folder

    base = shutil.copytree(starter_folder(), tmp_path / "a-base")
    assert train("--model", str(base), "--prompt", "brief", "--name", "first", "--epochs", "1") == 0

    _, command = capsys.readouterr().out.split("Serve it with: pairset ")
    few = ("--engine", "transformers", "--prompt", "brief", "--limit", "1")
    assert main([*shlex.split(command), *few]) == 0
