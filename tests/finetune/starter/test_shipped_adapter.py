"""The adapter in the package: it fits the starter alone, knows further edits, forgets little."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from annotator.weights.lora_adapters import load_adapter, refuse_vision_weights, shipped_adapter
from annotator.weights.models import load_model
from finetune.planted.further_edits import FURTHER_EDITS
from finetune.starter.held_out_scores import Score, answer, held_out_edits, score, shares
from finetune.starter.measure import SHIPPED, SHIPPED_ADAPTER
from pairset.app.cli import main
from pairset.models.adapter_cards import check_base, read_card
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import make_reviewed_set

NAME = "starter-wider"
PAIRS = 160

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")


@pytest.fixture(scope="module")
def scores() -> list[Score]:
    """Of taught kinds, further kinds and no change, planted in photos that training never saw."""
    edits = held_out_edits(PAIRS, seed=5, further=True)
    answers = answer(SHIPPED, edits, SHIPPED_ADAPTER)
    return [score(edit, said) for edit, said in zip(edits, answers, strict=True)]


def of_kinds(scores: Sequence[Score], kinds: Sequence[str]) -> Any:
    return shares(row for row in scores if row.kind in kinds)


def test_it_is_found_by_name_and_fits_the_starter(tmp_path: Path) -> None:
    adapter = load_adapter(NAME, PairSet(str(tmp_path)))
    starter = load_model("starter")

    assert (adapter.name, adapter.path) == (NAME, SHIPPED_ADAPTER.resolve())
    refuse_vision_weights(adapter)
    assert adapter.card is not None
    assert adapter.card.unchanged > 0
    check_base(adapter.card, starter.name, starter.identity)


def test_the_folder_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED_ADAPTER.iterdir()) < 5_000_000


def test_neither_models_nor_paths_are_taken_for_shipped_adapters() -> None:
    assert shipped_adapter("starter") is None
    assert shipped_adapter(f"../weights/{NAME}") is None
    assert shipped_adapter("..") is None


def test_another_base_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair_set = make_reviewed_set(tmp_path / "set", 2)
    base = tmp_path / "other"
    base.mkdir()
    for file in SHIPPED.iterdir():
        (base / file.name).write_bytes(file.read_bytes())
    (base / "generation_config.json").write_text("{}")
    words = ["--model", str(base), "--adapter", NAME, "--engine", "transformers"]

    assert main(["annotate", pair_set.url, *words]) == 2
    said = capsys.readouterr().err
    assert f"Adapter {NAME} was trained on starter" in said
    assert "does not fit other" in said


def test_a_sets_own_adapter_of_that_name_goes_first(tmp_path: Path) -> None:
    own = tmp_path / "adapters" / NAME
    own.mkdir(parents=True)
    for file in SHIPPED_ADAPTER.iterdir():
        (own / file.name).write_bytes(file.read_bytes())

    assert load_adapter(NAME, PairSet(str(tmp_path))).path == own.resolve()


def test_it_can_be_trained_further_and_merged(tmp_path: Path) -> None:
    pair_set = make_reviewed_set(tmp_path / "set", 8)
    words = ("--model", "starter", "--start-from", NAME, "--name", "mine", "--epochs", "1")
    assert main(["train", pair_set.url, *words, "--samples", "0"]) == 0
    assert main(["merge", pair_set.url, NAME, str(tmp_path / "merged")]) == 0
    assert (tmp_path / "merged" / "model.safetensors").is_file()


def test_its_card_names_no_place_of_the_machine_that_made_it() -> None:
    card = read_card(SHIPPED_ADAPTER)

    assert card is not None
    assert not any("/" in str(value) for value in card.settings.values())


def test_it_knows_the_edits_that_the_starter_was_never_taught(scores: list[Score]) -> None:
    """Below the measured shares (docs/starter.md), as few pairs say little."""
    found = of_kinds(scores, FURTHER_EDITS)
    assert found.pairs >= 30
    assert found.edit_type >= 0.85
    assert found.instruction_en >= 0.85
    assert found.instruction_zh >= 0.85


def test_it_has_not_unlearnt_to_see_that_nothing_changed(scores: list[Score]) -> None:
    found = of_kinds(scores, ["none"])
    assert found.pairs >= 10
    assert found.is_changed >= 0.9


def test_most_of_what_the_starter_knew_is_still_right(scores: list[Score]) -> None:
    taught = [row.kind for row in scores if row.kind not in (*FURTHER_EDITS, "none")]
    found = of_kinds(scores, taught)
    assert found.parsed >= 0.99
    assert found.edit_type >= 0.9
    assert found.instruction_en >= 0.9
    assert found.instruction_zh >= 0.9
