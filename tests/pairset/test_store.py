"""The set on disk: a shard is there whole or not at all."""

import io
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from pairset.errors import SettingsError
from pairset.store import PairSet, create_set, open_set, safe_name

ROWS = pa.table({"id": ["a", "b"], "n": [1, 2]})


@pytest.fixture(params=["local", "memory"])
def pair_set(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PairSet]:
    """The same claims hold for a folder and for any other fsspec filesystem."""
    if request.param == "local":
        yield create_set(str(tmp_path / "set"))
        return
    yield create_set("memory://bucket/set")
    fsspec.filesystem("memory").rm("/bucket", recursive=True)


def test_a_shard_comes_back_as_it_was_written(pair_set: PairSet) -> None:
    stage = pair_set.stage("images")
    stage.write("00000", ROWS)

    assert stage.is_finished("00000")
    assert stage.read("00000") == ROWS
    assert stage.read("00000", columns=["n"]).column_names == ["n"]


def test_a_shard_is_read_in_the_thread_that_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread of pyarrow's that lets go of the file while the program ends aborts the program."""
    readers: set[int] = set()

    class Watched(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            readers.add(threading.get_ident())
            return super().read(size)

    stage = create_set(str(tmp_path / "set")).stage("images")
    stage.write("00000", ROWS)
    filesystem = type(stage.pair_set.filesystem)
    monkeypatch.setattr(filesystem, "open", lambda _, path, mode: Watched(path, mode))
    assert stage.read("00000") == ROWS
    assert readers == {threading.get_ident()}


def test_shards_are_listed_in_order_and_plans_apart(pair_set: PairSet) -> None:
    stage = pair_set.stage("images")
    for name in ("00001", "plan-00000", "00000"):
        stage.write(name, ROWS)

    assert stage.shards() == ["00000", "00001"]
    assert stage.plans() == ["plan-00000"]
    assert sum(table.num_rows for table in stage.tables()) == 4


def test_a_stage_that_has_not_run_has_no_shards(pair_set: PairSet) -> None:
    assert pair_set.stage("images").shards() == []
    assert pair_set.runs("pairs") == []
    assert pair_set.current("pairs") is None


def test_readers_follow_the_published_run(pair_set: PairSet) -> None:
    for key in ("old", "new"):
        pair_set.stage("pairs", key).write("00000", ROWS)
    pair_set.publish("pairs", "old")
    pair_set.publish("pairs", "new")

    current = pair_set.current("pairs")

    assert current == pair_set.stage("pairs", "new")
    assert pair_set.runs("pairs") == [pair_set.stage("pairs", key) for key in ("new", "old")]


def test_the_settings_of_every_run_are_kept_as_json(pair_set: PairSet) -> None:
    for words in ("图", "图片"):
        pair_set.save_run("mine", {"encoder": "lite0", "words": words})

    files = sorted(pair_set.filesystem.ls(f"{pair_set.root}/runs", detail=False))
    saved = [json.loads(pair_set.filesystem.cat_file(file)) for file in files]

    assert all(file.rsplit("/", 1)[-1].startswith("mine-") for file in files)
    assert [run["words"] for run in saved] == ["图", "图片"]


@pytest.mark.parametrize("url", ["nosuch://bucket/set", "dropbox://bucket/set"])
def test_a_filesystem_that_is_not_here_says_what_to_install(url: str) -> None:
    with pytest.raises(SettingsError, match=r"pip install s3fs for s3://"):
        create_set(url)


def test_a_place_that_holds_no_folder_is_refused() -> None:
    with pytest.raises(SettingsError, match="Cannot make a set"):
        create_set("/dev/null/set")


def test_what_was_not_renamed_is_no_shard(tmp_path: Path) -> None:
    stage = create_set(str(tmp_path)).stage("images")
    stage.write("00000", ROWS)
    (tmp_path / "images" / "00001.parquet.0123.unfinished").write_bytes(b"half")

    assert stage.shards() == ["00000"]


def test_a_write_that_fails_leaves_the_old_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = create_set(str(tmp_path)).stage("images")
    stage.write("00000", ROWS)

    def disk_is_full(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", disk_is_full)
    with pytest.raises(OSError, match="No space"):
        stage.write("00000", ROWS.slice(0, 1))

    assert stage.read("00000") == ROWS


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", "a\n", "-x"])
def test_a_name_cannot_leave_its_folder(name: str) -> None:
    with pytest.raises(SettingsError, match="cannot name"):
        safe_name(name)


def test_opening_a_set_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="pairset mine"):
        open_set(str(tmp_path / "nothing"))


def test_a_file_is_no_set(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    with pytest.raises(SettingsError, match="a set is a folder"):
        create_set(str(file))
