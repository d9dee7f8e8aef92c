"""Where Label Studio is installed, and what happens when it cannot be."""

from pathlib import Path

import pytest

from pairset.store import create_set
from review.studio.environment import (
    CACHE_VARIABLE,
    cache_folder,
    find_or_create_environment,
    quiet_environment,
)
from review.studio.errors import StudioError, with_log_tail
from review.studio.home import home_of, read_or_make_secrets


def test_an_installation_that_fails_says_why_and_is_not_taken_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(StudioError, match="No matching distribution found for label-studio"):
        find_or_create_environment(tmp_path / "cache")

    assert list(tmp_path.rglob("INSTALLED")) == []


def test_the_cache_can_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))

    assert cache_folder() == tmp_path


def test_our_python_paths_do_not_reach_label_studio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/ours")

    assert "PYTHONPATH" not in quiet_environment()


def test_a_log_in_an_error_has_lost_its_secrets(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("started\nlogin with hunter2 failed\n")

    assert str(with_log_tail("It ended.", log, ["hunter2"])).endswith(
        "started\n  login with [hidden] failed"
    )


def test_secrets_are_drawn_once_and_never_shown(tmp_path: Path) -> None:
    home = home_of(create_set(str(tmp_path / "set")))
    drawn = read_or_make_secrets(home)

    assert read_or_make_secrets(home) == drawn
    assert not any(secret in repr(drawn) for secret in drawn.hidden)


def test_no_two_sets_share_a_secret(tmp_path: Path) -> None:
    homes = [home_of(create_set(str(tmp_path / name))) for name in ("one", "two")]
    one, two = (set(read_or_make_secrets(home).hidden) for home in homes)

    assert not one & two


def test_a_set_on_another_machine_has_its_server_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))

    assert home_of(create_set("memory://bucket/set")).folder.is_relative_to(tmp_path)


def test_damaged_secrets_are_named(tmp_path: Path) -> None:
    home = home_of(create_set(str(tmp_path / "set")))
    home.secrets.write_text("{")

    with pytest.raises(StudioError, match=r"secrets\.json is damaged"):
        read_or_make_secrets(home)
