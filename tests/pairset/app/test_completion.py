"""A real shell completes verbs, flags and choices by the script that we print."""

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.app.verbs import VERBS

SHELL_SECONDS = 20
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


TYPED = [
    ("pairset mer", "merge"),
    ("pairset review pus", "push"),
    ("pairset mine set --scene-m", "--scene-method"),
    ("pairset annotate set --engine tr", "transformers"),
    ("pairset completion fi", "fish"),
    ("pairset review pull set --wat", "--watch"),
    ("pairset status mine --jso", "--json"),
]


@pytest.fixture
def printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Path]:
    """A file with the script of a shell; skips where that shell is not here."""

    def printed(shell: str) -> Path:
        if shutil.which(shell) is None:
            pytest.skip(f"no {shell} here")
        assert main(["completion", shell]) == 0
        path = tmp_path / f"pairset.{shell}"
        path.write_text(capsys.readouterr().out, encoding="utf-8")
        return path

    return printed


@pytest.mark.parametrize(("typed", "offered"), TYPED)
def test_fish_offers_what_fits(printed: Callable[[str], Path], typed: str, offered: str) -> None:
    asked = f"source {printed('fish')}; complete -C '{typed}'"
    words = ["fish", "--no-config", "-c", asked]
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    found = [line.split("\t")[0] for line in run.stdout.splitlines()]
    assert offered in found
    assert all(each.startswith(offered) for each in found)


def test_fish_takes_a_set_that_is_called_as_a_verb_for_a_set(
    printed: Callable[[str], Path],
) -> None:
    asked = f"source {printed('fish')}; complete -C 'pairset status mine --scene'"
    words = ["fish", "--no-config", "-c", asked]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == ""


def test_zsh_completes_what_fits_at_the_tab_key(printed: Callable[[str], Path]) -> None:
    for (typed, offered), line in zip(TYPED, tabbed(printed("zsh"), TYPED), strict=True):
        assert line.split()[:-1] == typed.split()[:-1]
        assert line.split()[-1] == offered


def tabbed(script: Path, lines: Sequence[tuple[str, str]]) -> list[str]:
    """What stands on the line of an interactive zsh after the tab key."""
    setup = (
        "autoload -U compinit && compinit -u -D; setopt no_list_ambiguous no_beep; "
        "keep() { print -r -- $BUFFER >> $KEPT; BUFFER= }; zle -N keep; bindkey '^O' keep; "
        f"source {script}; print rea''dy\n"
    )
    kept = script.with_suffix(".kept")
    ours, theirs = pty.openpty()
    environment = {**os.environ, "KEPT": str(kept), "TERM": "dumb", "ZDOTDIR": str(script.parent)}
    shell = subprocess.Popen(
        ["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    try:
        os.write(ours, setup.encode())
        read_until(ours, "ready")
        for typed, _ in lines:
            os.write(ours, f"{typed}\t\x0f".encode())
            time.sleep(0.2)
        os.write(ours, b"print do''ne\n")
        read_until(ours, "done")
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
        os.close(theirs)
    return kept.read_text().splitlines()


def read_until(terminal: int, word: str) -> None:
    said, deadline = "", time.monotonic() + SHELL_SECONDS
    while f"\n{word}" not in said.replace("\r", "\n"):
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, said
        said += os.read(terminal, 4096).decode(errors="replace")


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
