"""The command finds its verbs, says what went wrong, and ends with the right exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from pairset import __version__
from pairset.cli import help_text, main
from pairset.verbs import VERBS


def test_help_lists_every_verb_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    places = [said.index(f"\n  {verb.name} ") for verb in VERBS]
    assert places == sorted(places)


def test_no_verb_prints_help_and_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert help_text() in capsys.readouterr().out


def test_an_unknown_verb_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mien"]) == 2
    assert "'mien'" in capsys.readouterr().err


def test_a_verb_of_two_words_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["review", "push", str(tmp_path / "nowhere")]) == 2
    assert "pairset review push: There is no set" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "code"), [(["review"], 2), (["review", "--help"], 0)])
def test_half_a_verb_lists_those_that_begin_with_it(
    words: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == code
    said = capsys.readouterr()
    assert "review pull" in said.out + said.err
    assert bool(said.out) is (code == 0)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"pairset {__version__}\n"


def test_a_set_that_is_not_there_says_how_to_make_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["status", str(tmp_path / "nowhere")]) == 2
    assert "pairset mine" in capsys.readouterr().err


def test_an_impossible_value_is_named_with_its_flag(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["mine", str(tmp_path), str(tmp_path), "--similarity-floor", "7"]) == 2
    said = capsys.readouterr().err
    assert "similarity-floor" in said
    assert "7" in said


def test_the_module_is_the_command() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pairset", "--version"], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"pairset {__version__}\n"
