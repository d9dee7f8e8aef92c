"""Weights are there whole or not at all, and a full disk is a sentence."""

import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
from safetensors import SafetensorError

from finetune import saving as module
from finetune.saving import saving, whole_folder
from pairset.errors import StorageError

Usage = namedtuple("Usage", "total used free")


def test_a_full_disk_as_safetensors_says_it(tmp_path: Path) -> None:
    words = "Error while serializing: I/O error: No space left on device (os error 28)"
    with pytest.raises(StorageError, match="Free some space"), saving(tmp_path):
        raise SafetensorError(words)


def test_a_full_disk_as_torch_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "[enforce fail at inline_container.cc:664] . unexpected pos 128 vs 22"
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Usage(100, 100, 0))
    with pytest.raises(StorageError, match="Free some space"), saving(tmp_path):
        raise RuntimeError(words)


def test_what_is_not_about_the_disk_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="mat1"), saving(tmp_path):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def test_a_folder_gets_its_name_once_it_is_whole(tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    merged.mkdir()  # empty: as good as none
    with whole_folder(merged) as unfinished:
        (unfinished / "weights").write_text("whole")
        assert not (merged / "weights").exists()
    assert (merged / "weights").read_text() == "whole"
    assert list(tmp_path.iterdir()) == [merged]


def write_half(folder: Path) -> None:
    with whole_folder(folder) as unfinished:
        (unfinished / "weights").write_text("half")
        raise KeyboardInterrupt


def test_half_a_folder_is_removed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_half(tmp_path / "merged")
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from finetune.saving import whole_folder\n"
        "with whole_folder(Path(sys.argv[1])) as unfinished: os.kill(os.getpid(), 9)"
    )
    merged = tmp_path / "merged"
    subprocess.run([sys.executable, "-c", code, str(merged)], check=False)
    assert len(list(tmp_path.iterdir())) == 1
    with whole_folder(merged):
        pass
    assert list(tmp_path.iterdir()) == [merged]
