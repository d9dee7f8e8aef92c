"""A prompt of one's own is checked where it enters, and its text names the annotator."""

from importlib.resources import files
from pathlib import Path

import pytest

from annotator.prompting.prompt import load_prompt
from annotator.prompting.prompt_file import (
    MOST_BYTES,
    PromptFileError,
    own_prompt,
    read_prompt_file,
)
from annotator.prompting.reply import KEYS
from pairset.errors import SettingsError

GOOD = f"Say what changed. Types:\n{{edit_types}}\nKeys: {', '.join(KEYS)}"


def written(folder: Path, content: str | bytes) -> str:
    path = folder / "own.md"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_the_text_is_asked_with_the_list_of_edit_types_filled_in(tmp_path: Path) -> None:
    prompt = read_prompt_file(written(tmp_path, f"\ufeff{GOOD}\r\n"))

    assert prompt.own_text == GOOD
    assert "- remove: an object or person disappears" in prompt.words
    assert "{edit_types}" not in prompt.words


def test_the_full_prompt_in_a_file_is_the_full_prompt(tmp_path: Path) -> None:
    words = files("annotator").joinpath("prompts/full.md").read_text(encoding="utf-8")

    found = read_prompt_file(written(tmp_path, words))
    assert found.prompt_id == load_prompt("full").prompt_id


def test_another_text_is_another_prompt_and_another_name_is_not(tmp_path: Path) -> None:
    first = read_prompt_file(written(tmp_path, GOOD)).prompt_id
    (tmp_path / "elsewhere").mkdir()

    assert read_prompt_file(written(tmp_path / "elsewhere", GOOD)).prompt_id == first
    assert read_prompt_file(written(tmp_path, GOOD + "!")).prompt_id != first


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.encode("utf-16"), "no UTF-8"),
        (b"\xff" + GOOD.encode(), "byte 0"),
        (GOOD + "\x1b[31m", "control or bidirectional character in line 3"),
        ("\u202e" + GOOD, "in line 1"),
        (GOOD.replace("inverse_zh", ""), "lacks inverse_zh"),
        (GOOD.replace("{edit_types}", ""), "lacks {edit_types}"),
        ("", "lacks {edit_types}, instruction_en"),
        (GOOD + " {edit_type}", "{edit_type}, which stands for nothing"),
        (GOOD + " " * MOST_BYTES, "larger than 64 KiB"),
    ],
)
def test_a_bad_file_is_refused_in_words(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(PromptFileError) as raised:
        read_prompt_file(written(tmp_path, content))

    assert said in str(raised.value)
    assert "own.md" in str(raised.value)
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize("place", ["gone.md", ".", "/dev/zero"])
def test_what_is_no_file_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(PromptFileError, match="prompt file"):
        read_prompt_file(str(tmp_path / place))


def test_two_prompts_are_one_too_many(tmp_path: Path) -> None:
    assert own_prompt("full", None) is None
    with pytest.raises(SettingsError, match="Give one"):
        own_prompt("full", written(tmp_path, GOOD))
