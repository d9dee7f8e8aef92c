"""A real shell completes verbs, flags and choices by the script that we print."""

import shutil
import subprocess

import pytest

from pairset.app.cli import main
from pairset.app.verbs import VERBS

ASK = """
COMP_WORDS=({words})
COMP_CWORD={place}
_pairset
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(script: str, *words: str) -> set[str]:
    """What bash offers for the last of these words."""
    quoted = " ".join(f"'{word}'" for word in ("pairset", *words))
    asked = script + ASK.format(words=quoted, place=len(words))
    run = subprocess.run(
        ["bash", "--norc", "-c", asked], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    return set(run.stdout.split())


@pytest.fixture
def script(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", "bash"]) == 0
    return capsys.readouterr().out


def test_verbs_are_completed(script: str) -> None:
    assert completed(script, "me") == {"merge"}
    assert {verb.name.split()[0] for verb in VERBS} <= completed(script, "")
    assert completed(script, "review", "p") == {"push", "pull"}


def test_flags_are_completed_by_verb(script: str) -> None:
    assert completed(script, "mine", "set", "--scene-m") == {"--scene-method"}
    assert completed(script, "review", "pull", "set", "--wat") == {"--watch"}
    assert completed(script, "annotate", "set", "--no-g") == {"--no-guided"}
    assert completed(script, "status", "set", "--js") == {"--json"}


def test_choices_are_completed(script: str) -> None:
    assert completed(script, "annotate", "set", "--engine", "") == {
        *("server", "vllm", "transformers")
    }
    assert completed(script, "completion", "z") == {"zsh"}


def test_places_are_left_to_the_shell(script: str) -> None:
    assert completed(script, "mine", "my") == set()
    assert "complete -o default" in script


def test_the_shell_itself_takes_the_script(script: str) -> None:
    run = ["bash", "--norc", "-c", f"{script}\ncomplete -p pairset"]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert said == "complete -o default -F _pairset pairset\n"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_scripts_of_other_shells_are_read_without_complaint(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert "scene-method" in text
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    read = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, check=True)
    assert read.stderr == ""
