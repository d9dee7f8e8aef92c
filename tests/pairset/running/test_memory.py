"""No more workers than the machine feeds, and a word where they are fewer than asked."""

import subprocess
import sys
from pathlib import Path

import pytest

from pairset.errors import SettingsError
from pairset.running import executors, memory
from pairset.running.executors import fitting_workers, most_workers, require_semaphores
from pairset.running.memory import free_memory_bytes


def test_absurd_numbers_of_workers_are_capped_with_a_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(executors, "free_memory_bytes", lambda: 64 << 30)
    assert fitting_workers(8) == 8
    assert not capsys.readouterr().err
    assert fitting_workers(5000) == 8
    assert "5000 workers" in capsys.readouterr().err


@pytest.mark.parametrize(("free", "most"), [(0, 1), (1 << 30, 2), (None, 8)])
def test_memory_bounds_the_workers_too(
    monkeypatch: pytest.MonkeyPatch, free: int | None, most: int
) -> None:
    monkeypatch.setattr(executors.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(executors, "free_memory_bytes", lambda: free)
    assert most_workers() == most


@pytest.mark.parametrize(
    ("line", "folder", "names"),
    [
        ("0::/job", "job", ("memory.max", "memory.current")),
        ("5:memory:/job", "memory/job", ("memory.limit_in_bytes", "memory.usage_in_bytes")),
    ],
)
def test_a_container_has_what_its_group_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, folder: str, names: tuple[str, str]
) -> None:
    place = tmp_path / "groups" / folder
    place.mkdir(parents=True)
    (place / names[0]).write_text("3000\n")
    (place / names[1]).write_text("1000\n")
    (tmp_path / "own").write_text(f"{line}\n")
    monkeypatch.setattr(memory, "_OWN_GROUP", tmp_path / "own")
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")
    assert free_memory_bytes() == 2000
    (place / names[0]).write_text("max\n")
    machine = free_memory_bytes()
    assert machine is None or machine > 2000


def test_a_system_that_tells_nothing_bounds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_OWN_GROUP", "_MACHINE"):
        monkeypatch.setattr(memory, name, tmp_path / "nothing")
    assert free_memory_bytes() is None


def test_no_second_process_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", no_memory)
    with pytest.raises(SettingsError, match=r"Read-only file system.*--workers 1"):
        require_semaphores("--workers 1")


def test_a_shell_that_gives_too_few_addresses_is_told() -> None:
    code = (
        "import resource; from pairset.running.memory import require_address_space as require\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); require(3 << 30, 'A model')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "A model takes 3 GB" in done.stderr
    assert "1.0 GB. Raise the limit: ulimit -v unlimited" in done.stderr
