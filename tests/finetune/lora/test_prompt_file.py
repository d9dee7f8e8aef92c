"""Training asks with the prompt file that the annotations were made with, or says what to give."""

from pathlib import Path

import pytest

from annotator.prompting.prompt_file import KEPT_PROMPT, keep_prompt, read_prompt_file
from pairset.models.adapter_cards import adapter_folder, read_card
from pairset.store import PairSet
from tests.annotator.prompting.test_prompt_file import GOOD
from tests.finetune.lora.conftest import Train


@pytest.fixture
def kept(reviewed: PairSet, tmp_path: Path) -> str:
    """The set as if it had been annotated with a prompt file; returns where that is kept."""
    own, annotations = tmp_path / "own.md", reviewed.current("annotations")
    own.write_text(GOOD)
    assert annotations is not None
    return keep_prompt(annotations, read_prompt_file(str(own)))


def test_without_a_prompt_training_says_which_one_to_give(
    kept: str, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--name", "first") == 2
    assert f"--prompt-file {kept}" in capsys.readouterr().err


def test_an_adapter_is_trained_for_the_words_of_the_file_and_keeps_them(
    reviewed: PairSet, kept: str, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--name", "first", "--epochs", "1", "--unchanged-share", "0.3")
    assert train(*words, "--prompt-file", kept) == 0

    folder = adapter_folder(reviewed, "first")
    assert (folder / KEPT_PROMPT).read_text() == GOOD
    card = read_card(folder)
    assert card is not None
    assert card.prompt_id == read_prompt_file(kept).prompt_id
    assert f"--prompt-file {folder / KEPT_PROMPT}" in capsys.readouterr().out


def test_the_place_of_the_file_makes_no_other_adapter(
    reviewed: PairSet, kept: str, train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("--epochs", "1", "--prompt-file", kept) == 0
    capsys.readouterr()

    assert train("--epochs", "1", "--prompt-file", str(tmp_path / "own.md")) == 0
    assert "nothing to do" in capsys.readouterr().out
