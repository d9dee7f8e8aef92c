"""A disk that takes no more is a sentence, and leaves nothing half written."""

import errno
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from pairset.app.cli import main
from pairset.errors import PairsetError, StorageError
from pairset.files import storage
from pairset.files.storage import storage_error, storage_errors, write_whole
from pairset.store import PairSet, create_set

ROWS = pa.table({"id": ["a", "b"]})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("file systems can be mounted by root alone")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def unfinished_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.unfinished"))


def test_a_full_disk_is_a_sentence_and_leaves_nothing_unfinished(small_disk: Path) -> None:
    stage = create_set(f"{small_disk}/set").stage("images")
    stage.write("00000", ROWS)
    noise = pa.table({"bytes": [os.urandom(100_000)]})
    with pytest.raises(StorageError, match=r"00001.parquet: No space left.*Free some space"):
        stage.write("00001", noise)
    assert stage.shards() == ["00000"]
    assert not unfinished_in(small_disk)
    subprocess.run(["mount", "-o", "remount,size=1m", str(small_disk)], check=True)
    stage.write("00001", noise)
    assert stage.read("00001") == noise


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EDQUOT, "Your share"),
        (errno.EIO, "system's log"),
        (errno.EROFS, "copy the set"),
        (errno.EMFILE, "ulimit -n"),
        (errno.ESTALE, "mount it anew"),
        (errno.EACCES, "ask its owner"),
    ],
)
def test_each_kind_of_fault_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def fails(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        with pytest.raises(StorageError, match=advice) as told:
            write_whole(f"{tmp_path}/file", b"content")
    assert str(tmp_path) in str(told.value)
    assert not list(tmp_path.iterdir())


def test_a_file_too_large_for_the_limit_of_the_shell_is_a_sentence(tmp_path: Path) -> None:
    code = (
        "import sys; from pairset.files.storage import write_whole as write; "
        "write(sys.argv[1], b'x' * 99999)"
    )
    limited = 'ulimit -f 8; exec "$0" -c "$1" "$2"'
    command = ["sh", "-c", limited, sys.executable, code, f"{tmp_path}/file"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "StorageError" in done.stderr
    assert "ulimit -f" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["file/below", "n" * 300])
def test_an_impossible_place_is_a_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="folder"):
        write_whole(f"{tmp_path}/{place}", b"content")


def test_a_new_file_never_replaces_one_that_is_there(tmp_path: Path) -> None:
    for url in (str(tmp_path / "set"), "memory://new-file/set"):
        stage = create_set(url).stage("images")
        stage.write_new("plan-0000", ROWS)
        with pytest.raises(FileExistsError):
            stage.write_new("plan-0000", ROWS.slice(1))
        assert stage.read("plan-0000") == ROWS
    assert not unfinished_in(tmp_path)
    fsspec.filesystem("memory").rm("/new-file", recursive=True)


def test_without_hard_links_a_new_file_replaces_none_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(source: str, target: str) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    path = f"{tmp_path}/file"
    write_whole(path, b"first", must_be_new=True)
    with pytest.raises(FileExistsError):
        write_whole(path, b"second", must_be_new=True)
    assert Path(path).read_bytes() == b"first"


def test_folder_and_file_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else power loss takes the name of a shard that was said to be finished."""
    synced = []

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name.split(".")[0])

    monkeypatch.setattr(os, "fsync", note)
    write_whole(f"{tmp_path}/new/shard.parquet", b"content")
    assert synced == [tmp_path.name, "shard", "new"]


def test_a_file_is_readable_by_whom_it_is_meant_for(tmp_path: Path) -> None:
    write_whole(f"{tmp_path}/secret", b"content", mode=0o600)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


class NoCredentialsError(Exception):
    """Stands for what a client of an object store raises."""


def test_faults_of_an_object_store_are_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    class Exceptions:
        BotoCoreError = ClientError = NoCredentialsError

    monkeypatch.setitem(storage.sys.modules, "botocore.exceptions", Exceptions)
    words = "s3://bucket/x: Unable to locate credentials"
    with pytest.raises(StorageError, match=words), storage_errors("s3://bucket/x"):
        raise NoCredentialsError("Unable to locate\ncredentials")


def test_what_is_not_about_storage_stays_what_it_is() -> None:
    assert storage_error(ValueError("x")) is None
    assert storage_error(FileNotFoundError(errno.ENOENT, "No such file", "gone")) is None


def test_workers_send_it_home() -> None:
    error = pickle.loads(pickle.dumps(StorageError("the disk is full")))
    assert isinstance(error, PairsetError)
    assert str(error) == "the disk is full"


@pytest.mark.parametrize("verb", ["triage", "report"])
def test_a_set_that_cannot_be_written_ends_a_verb_with_a_sentence(
    annotated_set: PairSet, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    for folder in ("locks", "report"):
        Path(annotated_set.root, folder).write_text("a file where a folder should be")
    assert main([verb, annotated_set.url]) in (1, 2)
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "file" in said
