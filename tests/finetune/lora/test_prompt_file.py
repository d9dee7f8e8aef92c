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


SHORT = ("--held-out-share", "0.8", "--oversample", "1", "--epochs", "1", "--batch-size", "1")
"""The list of edit types is long for the starter, which knows few words: few examples, one step
each."""


def test_an_adapter_is_trained_for_the_words_of_the_file_wherever_that_lies(
    reviewed: PairSet, kept: str, train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--name", "first", *SHORT)
    assert train(*words, "--prompt-file", kept) == 0

    folder = adapter_folder(reviewed, "first")
    assert (folder / KEPT_PROMPT).read_text() == GOOD
    card = read_card(folder)
    assert card is not None
    assert card.prompt_id == read_prompt_file(kept).prompt_id
    assert f"--prompt-file {folder / KEPT_PROMPT}" in capsys.readouterr().out

    assert train(*words, "--prompt-file", str(tmp_path / "own.md")) == 0
    assert "nothing to do" in capsys.readouterr().out
