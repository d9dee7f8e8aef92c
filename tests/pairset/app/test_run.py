"""One run of a verb: what is printed where, what is kept of it, and how it ends badly."""

import json
import re
from pathlib import Path

import pytest

from pairset.app.run import run_verb
from pairset.app.verbs import Verb
from pairset.store import PairSet

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]")


def strange(function: str, answers: bool = False, reads_only: bool = False) -> Verb:
    place = "tests.pairset.strange_verbs"
    settings, function = f"{place}:StrangeSettings", f"{place}:{function}"
    return Verb("strange", "", settings, function, answers=answers, reads_only=reads_only)


def logs(pair_set: PairSet) -> list[Path]:
    return sorted(Path(pair_set.root, "logs").glob("*"))


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hunter2hunter2")


def test_an_error_that_nobody_foresaw_leaves_its_trace_in_the_set(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(strange("divide"), [mined_set.url]) == 1

    said = capsys.readouterr().err
    (trace,) = [path for path in logs(mined_set) if path.suffix == ".trace"]
    assert "ZeroDivisionError" in said
    assert str(trace) in said
    assert "Please report it" in said
    assert "Traceback" not in said
    assert "Traceback" in trace.read_text()
    assert trace.stat().st_mode & 0o777 == 0o600
    assert "hunter2" not in said + trace.read_text()
    assert not UNSAFE.search(said)


def test_a_trace_goes_to_a_temporary_file_where_there_is_no_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()

    assert run_verb(strange("divide"), [str(tmp_path / "nowhere")]) == 1

    (trace,) = (tmp_path / "temporary").iterdir()
    assert str(trace) in capsys.readouterr().err
    assert trace.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "nowhere").exists()


def test_where_no_trace_can_be_written_the_error_is_said_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))

    assert run_verb(strange("divide"), ["memory://set"]) == 1
    assert "could not be written" in capsys.readouterr().err


def test_a_link_in_place_of_the_logs_is_not_followed(mined_set: PairSet, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Path(mined_set.root, "logs").symlink_to(elsewhere)

    assert run_verb(strange("figures"), [mined_set.url]) == 0
    assert run_verb(strange("divide"), [mined_set.url]) == 1
    assert list(elsewhere.iterdir()) == []


def test_memory_that_runs_out_is_a_sentence(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(strange("run_out"), [mined_set.url]) == 1
    assert "memory" in capsys.readouterr().err.lower()


@pytest.mark.filterwarnings("default")
def test_nothing_that_is_printed_commands_a_terminal(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(strange("chatter"), [mined_set.url]) == 0

    said = capsys.readouterr()
    for words in ("said", "[/red]", "title [/b]", "[/i]", "cell"):
        assert words in said.out
    for words in ("bar", "logged", "warned", "complained"):
        assert words in said.err
    assert not UNSAFE.search(said.out + said.err.replace("\r", ""))
    assert "hunter2" not in said.err
    assert "me:pw" not in said.err
    assert "noted" not in said.err


@pytest.mark.filterwarnings("default")
def test_the_log_holds_all_that_was_said_and_noted_and_no_secret(mined_set: PairSet) -> None:
    assert run_verb(strange("chatter"), [mined_set.url]) == 0

    (log,) = logs(mined_set)
    text = log.read_text()
    for words in ("said", "title [/b]", "cell", "logged", "noted, with ***", "complained"):
        assert words in text
    assert "hunter2" not in text
    assert not UNSAFE.search(text)
    assert (log.stat().st_mode & 0o777, log.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_old_logs_go_and_files_of_others_stay(mined_set: PairSet) -> None:
    folder = Path(mined_set.root, "logs")
    folder.mkdir()
    for day in range(40):
        (folder / f"mine-202601{day % 28 + 1:02}T0000{day:02}.000000Z.log").touch()
    (folder / "mine.txt").touch()

    assert run_verb(strange("figures"), [mined_set.url]) == 0

    names = [path.name for path in logs(mined_set)]
    assert len(names) == 31
    assert "mine.txt" in names
    assert any(name.startswith("strange") for name in names)


def test_a_verb_that_only_reads_leaves_no_log(mined_set: PairSet) -> None:
    assert run_verb(strange("figures", reads_only=True), [mined_set.url]) == 0
    assert logs(mined_set) == []


def test_a_folder_that_is_no_set_gets_no_log(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "cat.jpg").touch()

    assert run_verb(strange("figures"), [str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


@pytest.mark.filterwarnings("default")
def test_quiet_prints_what_went_wrong_alone(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(strange("chatter"), [mined_set.url, "--quiet"]) == 0

    said = capsys.readouterr()
    assert said.out == ""
    assert "bar" not in said.err
    assert "complained" in said.err


def test_quiet_leaves_what_was_asked_for(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(strange("figures", answers=True), [mined_set.url, "--quiet"]) == 0
    assert "on the way" in capsys.readouterr().out


@pytest.mark.filterwarnings("default")
def test_verbose_prints_what_is_noted(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(strange("chatter"), [mined_set.url, "--verbose"]) == 0
    assert "noted, with ***" in capsys.readouterr().err


def test_json_is_the_only_thing_on_standard_output(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(strange("figures"), [mined_set.url, "--json"]) == 0

    said = capsys.readouterr()
    assert json.loads(said.out) == {"share": None, "words": "\x1b\u202e中\ud800"}
    assert not UNSAFE.search(said.out)
    assert "on the way" in said.err
