"""Where a setting comes from, and what is said when it cannot work."""

from pathlib import Path
from typing import ClassVar, Literal

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from pairset.errors import SettingsError
from pairset.settings import Settings, VerbSettings, parse_settings, read_config


class PaintSettings(VerbSettings):
    """Paint a set."""

    verb: ClassVar[str] = "paint"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_PAINT_")

    coat_count: int = 1
    """How many coats."""
    color: str = "white"
    """Which colour."""
    wet: bool = False
    """Leave it wet."""
    finish: Literal["matt", "gloss"] = "matt"
    """How it shines."""
    rooms: list[str] = Field(default=[])
    """Which rooms."""
    gloss_share: float = 0.5
    """How much of it shines."""
    shop_token: SecretStr | None = None
    """What the shop knows us by."""


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
    with pytest.raises(SettingsError, match="api_key") as raised:
        parse_settings(PaintSettings, ["set", "--config", str(path)])
    assert "CANARY" not in str(raised.value)


def test_a_wrong_value_is_named_with_what_was_given() -> None:
    with pytest.raises(SettingsError, match=r"--coat-count is 'many': .*whole number"):
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


def test_an_unknown_flag_is_named_with_the_one_that_is_near() -> None:
    with pytest.raises(SettingsError, match=r"no flag --colour\. Did you mean --color\?") as error:
        parse_settings(PaintSettings, ["set", "--colour", "red"])

    assert "\n" not in str(error.value)


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
    path.write_text("[review.push]\ntasks_per_request = 7\n")

    assert read_config(path, "review push") == {"tasks_per_request": 7}
    assert read_config(path, "review pull") == {}


def test_a_variable_is_named_where_its_value_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRSET_PAINT_COAT_COUNT", "abc")

    with pytest.raises(SettingsError, match=r"\$PAIRSET_PAINT_COAT_COUNT is 'abc'"):
        parse_settings(PaintSettings, ["set"])


def test_a_variable_that_should_hold_a_list_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRSET_PAINT_ROOMS", "hall")

    with pytest.raises(SettingsError, match=r"\$PAIRSET_PAINT_ROOMS must hold JSON"):
        parse_settings(PaintSettings, ["set"])


def test_the_file_is_named_where_its_value_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "pairset.toml"
    path.write_text('[paint]\nfinish = "mat"\n')

    with pytest.raises(SettingsError, match=r"finish in .*toml is 'mat': choose .*mean matt"):
        parse_settings(PaintSettings, ["set", "--config", str(path)])


def test_the_value_of_an_unknown_setting_is_not_printed(tmp_path: Path) -> None:
    path = tmp_path / "pairset.toml"
    path.write_text('[paint]\napi_kee = "s3cr3t-value"\ncollor = "red"\n')

    with pytest.raises(SettingsError, match="no setting api_kee") as error:
        parse_settings(PaintSettings, ["set", "--config", str(path)])

    assert "s3cr3t" not in str(error.value)
    assert "Did you mean color?" in str(error.value)


def test_the_value_of_a_secret_is_not_printed(tmp_path: Path) -> None:
    path = tmp_path / "pairset.toml"
    path.write_text("[paint]\nshop_token = [4711081509]\n")

    with pytest.raises(SettingsError, match="shop_token in") as error:
        parse_settings(PaintSettings, ["set", "--config", str(path)])

    assert "4711081509" not in str(error.value)


def test_a_settings_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "pairset.toml"
    path.write_bytes(b'\xef\xbb\xbf[paint]\ncolor = "red"\n')

    assert read_config(path, "paint") == {"color": "red"}


@pytest.mark.parametrize("odd", ["a,b", "[raw]/x", "{1}", '"q"', " x ", "a\\", "x=y"])
def test_a_place_is_taken_as_it_was_typed(odd: str) -> None:
    assert parse_settings(PaintSettings, [odd]).set_url == odd


def test_flags_may_stand_between_the_words() -> None:
    settings = parse_settings(
        PaintSettings, ["--wet", "set", "--rooms", "hall,den", "--rooms=bath"]
    )

    assert (settings.set_url, settings.wet, settings.rooms) == (
        "set",
        True,
        ["hall", "den", "bath"],
    )


@pytest.mark.parametrize("number", ["nan", "inf", "1e999"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    with pytest.raises(SettingsError, match="--gloss-share is"):
        parse_settings(PaintSettings, ["set", "--gloss-share", number])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "SET is missing: pairset paint"),
        (["a", "b"], "'b' is more than it takes"),
        (["a", "--color"], "--color wants a value"),
        (["a", "--config"], "--config wants a value"),
        (["a", "--finish", "glos"], "Did you mean --|did you mean gloss"),
        (["a", "--no-wett"], "Did you mean --no-wet"),
        (["a", "--coat-count", "9" * 5000], "too long for a number"),
        ([""], "SET is '': it must not be empty"),
        (["\udcff"], "must be valid UTF-8"),
        (["a", "--gloss-share", "-inf"], "--gloss-share wants a value"),
    ],
)
def test_a_wrong_command_line_is_answered_in_one_line(words: list[str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as error:
        parse_settings(PaintSettings, words)

    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300
