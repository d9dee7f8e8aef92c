"""Where a setting comes from, and what is said when it cannot work."""

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic_settings import SettingsConfigDict

from pairset.errors import SettingsError
from pairset.settings import Settings, VerbSettings, parse_settings, read_config


class PaintSettings(VerbSettings):
    """Paint a set."""

    verb: ClassVar[str] = "paint"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_PAINT_", cli_prog_name="pairset paint")

    coat_count: int = 1
    """How many coats."""
    color: str = "white"
    """Which colour."""
    wet: bool = False
    """Leave it wet."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "pairset.toml"
    path.write_text('[paint]\ncolor = "red"\ncoat_count = 2\n[mine]\nencoder = "lite0"\n')
    return path


def test_without_anything_the_default_holds() -> None:
    settings = parse_settings(PaintSettings, ["my/set"])

    assert (settings.set_url, settings.color, settings.coat_count) == ("my/set", "white", 1)


def test_the_file_precedes_the_default(config: Path) -> None:
    settings = parse_settings(PaintSettings, ["set", "--config", str(config)])

    assert (settings.color, settings.coat_count) == ("red", 2)


def test_the_environment_precedes_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRSET_PAINT_COLOR", "green")

    settings = parse_settings(PaintSettings, ["set", "--config", str(config)])

    assert (settings.color, settings.coat_count) == ("green", 2)


def test_the_command_line_precedes_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRSET_PAINT_COLOR", "green")

    settings = parse_settings(PaintSettings, ["set", "--color", "blue", "--wet"])

    assert (settings.color, settings.wet) == ("blue", True)


def test_the_environment_can_name_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRSET_CONFIG", str(config))

    assert parse_settings(PaintSettings, ["set"]).color == "red"


def test_one_run_does_not_leak_its_file_into_the_next(config: Path) -> None:
    parse_settings(PaintSettings, ["set", "--config", str(config)])

    assert parse_settings(PaintSettings, ["set"]).color == "white"


def test_a_flag_is_spelt_with_dashes() -> None:
    assert parse_settings(PaintSettings, ["set", "--coat-count", "3"]).coat_count == 3


def test_a_key_under_a_wrong_name_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "pairset.toml"
    path.write_text('[paint]\napi_key = "sk-CANARY"\n')
    with pytest.raises(SettingsError, match="api-key") as raised:
        parse_settings(PaintSettings, ["set", "--config", str(path)])
    assert "CANARY" not in str(raised.value)


def test_a_wrong_value_is_named_with_what_was_given() -> None:
    with pytest.raises(SettingsError, match=r"coat-count: .*given: 'many'"):
        parse_settings(PaintSettings, ["set", "--coat-count", "many"])


def test_a_word_in_the_file_that_is_no_setting_is_named(tmp_path: Path) -> None:
    path = tmp_path / "typo.toml"
    path.write_text('[paint]\ncolour = "red"\n')

    with pytest.raises(SettingsError, match="colour"):
        parse_settings(PaintSettings, ["set", "--config", str(path)])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"[paint", "Cannot read"), (b"\xff\xfe", "Cannot read"), (b"paint = 1", "must be a table")],
)
def test_a_broken_file_is_an_error_in_words(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=complaint):
        read_config(path, "paint")


def test_a_missing_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Cannot read the settings file"):
        parse_settings(PaintSettings, ["set", "--config", str(tmp_path / "none.toml")])


def test_an_unknown_flag_stops_with_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parse_settings(PaintSettings, ["set", "--gloss"])

    assert stop.value.code == 2
    assert "--gloss" in capsys.readouterr().err


def test_settings_cannot_be_changed_after_reading() -> None:
    settings = parse_settings(PaintSettings, ["set"])

    with pytest.raises(ValueError, match="frozen"):
        settings.color = "black"


def test_a_verb_without_a_set_takes_no_set() -> None:
    class CheckSettings(Settings):
        """Check the machine."""

        verb: ClassVar[str] = "check"

    assert parse_settings(CheckSettings, []) == CheckSettings()


def test_a_verb_of_two_words_has_a_table_in_a_table(tmp_path: Path) -> None:
    path = tmp_path / "pairset.toml"
    path.write_text("[review.push]\nbatch_size = 7\n")

    assert read_config(path, "review push") == {"batch_size": 7}
    assert read_config(path, "review pull") == {}
