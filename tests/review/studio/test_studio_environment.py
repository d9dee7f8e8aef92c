"""Where Label Studio is installed, and what happens when it cannot be."""

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from pairset.running.child_server import is_healthy
from pairset.running.own_loop import run_apart
from pairset.store import create_set
from review.studio.environment import (
    CACHE_VARIABLE,
    cache_folder,
    find_or_create_environment,
    quiet_environment,
)
from review.studio.home import home_of, read_or_make_secrets
from review.studio.run_studio import _refuse_outside
from review.studio.studio_errors import StudioError, with_log_tail
from review.studio.studio_process import names_it_answers_to
from tests.review.offline.fake_studio import Fault, running_fake_studio


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


@pytest.mark.parametrize("fault", [{"drips": True}, {"packed_bytes": 70 * 2**20}, {"drop": True}])
def test_of_a_health_that_has_no_end_the_head_alone_is_read(fault: dict[str, Any]) -> None:
    with running_fake_studio() as fake:
        fake.always.append(Fault("GET /health$", **fault))
        begun = time.monotonic()
        assert run_apart(is_healthy(fake.url, seconds=0.5)) is ("drop" not in fault)
        assert time.monotonic() - begun < 5
        fake.always[:] = [Fault("GET /health$", 200, "{}")]
        assert run_apart(is_healthy(fake.url))


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


@pytest.mark.parametrize(
    "name",
    ["PAIRSET_API_KEY", "OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL"],
)
def test_label_studio_gets_no_key_of_ours(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    assert "canary" not in quiet_environment().values()
    assert quiet_environment()["LC_ALL"] == "C.UTF-8"


def test_where_packages_come_from_is_known_to_the_installation_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:secret@packages.example")

    assert "PIP_INDEX_URL" not in quiet_environment()
    assert "PIP_INDEX_URL" in quiet_environment(("PIP_",))


@pytest.mark.parametrize("name", ["review", "review/studio", "review/studio/data"])
def test_a_set_whose_folders_lead_elsewhere_is_not_written_through(
    tmp_path: Path, name: str
) -> None:
    pair_set = create_set(str(tmp_path / "set"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "set" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)

    with pytest.raises(StudioError, match="is a link"):
        home_of(pair_set)
    assert list(elsewhere.iterdir()) == []


def test_no_other_user_of_the_machine_reads_what_reviewers_do(tmp_path: Path) -> None:
    home = home_of(create_set(str(tmp_path / "set")))

    assert home.folder.stat().st_mode & 0o777 == 0o700
    assert home.folder.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("event", "arguments"),
    [
        ("socket.connect", (None, ("203.0.113.1", 80))),
        ("socket.sendto", (None, ("203.0.113.1", 53))),
        ("socket.sendmsg", (None, ("2001:db8::1", 53))),
        ("socket.getaddrinfo", ("example.org", 443, 0, 0, 0)),
        ("socket.gethostbyname", ("example.org",)),
        ("socket.gethostbyaddr", ("203.0.113.1",)),
        ("socket.getnameinfo", (("203.0.113.1", 80),)),
    ],
)
def test_the_guard_knows_every_way_out(event: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(PermissionError, match="stays at home"):
        _refuse_outside(event, arguments)


@pytest.mark.parametrize("address", [("127.0.0.1", 80), ("::1", 80), "/run/socket", None])
def test_the_guard_leaves_this_machine_alone(address: object) -> None:
    for event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        _refuse_outside(event, (None, address))


def test_a_server_answers_to_its_own_names_alone() -> None:
    assert names_it_answers_to("127.0.0.1") == ["127.0.0.1", "localhost"]
    everywhere = names_it_answers_to("0.0.0.0")
    assert socket.gethostname() in everywhere
    assert not {"*", "0.0.0.0"} & set(everywhere)
