"""The command finds its verbs, says what went wrong, and ends with the right exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from pairset import __version__
from pairset.app.cli import help_text, main
from pairset.app.verbs import VERBS, Verb


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
    said = capsys.readouterr().err
    assert "'mien'" in said
    assert "Did you mean mine?" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["trane"], "train"),
        (["pull"], "review pull"),
        (["review", "pusj"], "push"),
        (["reveiw"], ""),
    ],
)
def test_a_verb_that_is_near_is_asked_for(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    said = capsys.readouterr().err
    assert meant in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("verb", [verb for verb in VERBS if "set" in verb.summary], ids=str)
def test_a_verb_with_odd_words_does_not_crash(
    verb: Verb, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*verb.name.split(), "\udcff\x1b[2J", "--nonsense\x1b[2J"]) == 2
    assert "\x1b" not in capsys.readouterr().err


SET_READERS = (
    *("annotate", "probe", "direction", "triage", "review serve", "review push", "review pull"),
    *("review agreement", "train", "evaluate", "adapters", "status", "report"),
)


@pytest.mark.parametrize("verb", [*SET_READERS, "sql SELECT_1", "merge A B"])
@pytest.mark.parametrize("content", [None, "photo.jpg", "images/photo.jpg", "runs/notes.txt"])
def test_a_folder_that_is_no_set_is_left_alone(
    verb: str, content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "[folder]"
    (folder / (content or "x")).parent.mkdir(parents=True)
    if content:
        (folder / content).touch()
    before = sorted(folder.rglob("*"))
    word, *rest = verb.removeprefix("review ").split()
    words = ["review", word] if verb.startswith("review") else [word]

    assert main([*words, str(folder), *rest]) == 2

    assert f"There is no set at {folder}" in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before


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
