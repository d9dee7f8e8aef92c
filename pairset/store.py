"""The set on disk: one folder per stage, one Parquet file per shard, written atomically.

    SET/
      runs/        settings of every run, one JSON file each
      images/      plan-*.parquet and 00000.parquet …
      embeddings/<encoder key>/00000.parquet …
      pairs/<mining key>/…    and CURRENT, the key that readers follow

A finished shard is a file that exists under its final name; nothing else is trusted.
Works on local paths and on any fsspec URL.
"""

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from pairset.errors import SettingsError
from pairset.files.damage import reading
from pairset.files.documents import read_bounded
from pairset.files.pointers import BEGUN, POINTER, SAFE_NAME, missing_run, run_named
from pairset.files.set_folder import is_set
from pairset.files.storage import storage_errors, storage_faults, write_whole
from pairset.files.symbolic_links import names_in, refuse_folders_elsewhere, refuse_links_out
from pairset.files.uris import filesystem_of, local_path
from pairset.network.credentials import without_credentials


def safe_name(text: str) -> str:
    """Check that text can name one file inside its folder and never leave it.

    Raises SettingsError for separators, leading dots and empty names.
    """
    if not SAFE_NAME.fullmatch(text):
        raise SettingsError(f"{text!r} cannot name a folder of a set: use letters, digits, . _ -")
    return text


@dataclass(frozen=True)
class PairSet:
    """One set: a folder on disk or an fsspec URL such as ``s3://bucket/set``."""

    url: str

    @cached_property
    def _opened(self) -> tuple[fsspec.AbstractFileSystem, str]:
        filesystem, root = filesystem_of(self.url)
        return filesystem, root.rstrip("/")

    @property
    def filesystem(self) -> fsspec.AbstractFileSystem:
        return self._opened[0]

    @property
    def root(self) -> str:
        """The set's folder as its filesystem spells it, without protocol."""
        return self._opened[1]

    @property
    def exists(self) -> bool:
        """Whether there is a folder, and one that holds a set's rows or runs."""
        return bool(self.filesystem.isdir(self.root)) and is_set(self.root, self._names_in)

    def _names_in(self, folder: str) -> list[str]:
        if not self.filesystem.isdir(folder):
            return []
        listing = self.filesystem.ls(folder, detail=False)
        return [path.rstrip("/").rsplit("/", 1)[-1] for path in listing]

    def stage(self, name: str, key: str | None = None) -> "Stage":
        """Folder of one stage; ``key`` names one content-addressed run of it."""
        parts = [safe_name(name)] + ([safe_name(key)] if key else [])
        return Stage(self, "/".join([self.root, *parts]))

    def inside(self, path: str) -> str:
        """A path of the set, if no link on the way leads out of it. Raises DamagedSetError."""
        if self.is_local:
            refuse_links_out(self.root, path)
        return path

    def content_of(self, path: str) -> bytes:
        """A whole file of the set. Raises ValueError for what is no file, and DamagedSetError."""
        self.inside(path)
        return read_bounded(Path(path)) if self.is_local else self.filesystem.cat_file(path)

    def current(self, name: str) -> "Stage | None":
        """The run of a stage that readers should follow, or None before one has finished.

        Raises DamagedSetError for a pointer that is none, MissingRunError where its run is gone.
        """
        pointer = f"{self.root}/{safe_name(name)}/{POINTER}"
        if not self.filesystem.exists(self.inside(pointer)):
            return None
        with reading(pointer):
            run = self.stage(name, run_named(self.content_of(pointer)))
        if not self.filesystem.isdir(run.path):
            raise missing_run(pointer, run.path)
        return run

    def runs(self, name: str) -> "list[Stage]":
        """Every run of a stage, sorted by key, finished or not."""
        folder = self.stage(name).path
        if not self.filesystem.isdir(folder):
            return []
        listing = self.filesystem.ls(folder, detail=True)
        paths = (entry["name"] for entry in listing if entry["type"] == "directory")
        return [self.stage(name, path.rstrip("/").rsplit("/", 1)[-1]) for path in sorted(paths)]

    def publish(self, name: str, key: str) -> None:
        """Point readers of a stage at the run ``key``, whose shards are all finished."""
        run = self.stage(name, key)
        if not self.filesystem.isdir(run.path):
            write_atomically(self, f"{run.path}/{BEGUN}", b"")
        write_atomically(self, f"{self.root}/{safe_name(name)}/{POINTER}", key.encode())

    def save_run(self, name: str, settings: dict[str, object]) -> None:
        """Keep the settings of one run under ``runs/``, in a file named after its start.

        Users and passwords in URLs are left out.
        """
        started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        kept = without_credentials(settings)
        text = json.dumps(kept, indent=2, ensure_ascii=False, sort_keys=True)
        write_atomically(self, f"{self.root}/runs/{safe_name(name)}-{started}.json", text.encode())

    @property
    def is_local(self) -> bool:
        return isinstance(self.filesystem, LocalFileSystem)


@dataclass(frozen=True)
class Stage:
    """One folder of shards."""

    pair_set: PairSet
    path: str

    @property
    def key(self) -> str:
        """Name of its folder."""
        return self.path.rsplit("/", 1)[-1]

    def shard_path(self, shard: str) -> str:
        return f"{self.path}/{safe_name(shard)}.parquet"

    def is_finished(self, shard: str) -> bool:
        return bool(self.pair_set.filesystem.exists(self.shard_path(shard)))

    def shards(self) -> list[str]:
        """Names of the finished shards, sorted; plans are no shards."""
        return [name for name in self._tables() if not name.startswith("plan-")]

    def plans(self) -> list[str]:
        """Names of the saved plans, sorted."""
        return [name for name in self._tables() if name.startswith("plan-")]

    def _tables(self) -> list[str]:
        filesystem = self.pair_set.filesystem
        if not filesystem.isdir(self.path):
            return []
        if self.pair_set.is_local:
            files = names_in(self.pair_set.root, self.path)
        else:
            listing = filesystem.ls(self.path, detail=False)
            files = [path.rsplit("/", 1)[-1] for path in listing]
        return sorted(name.removesuffix(".parquet") for name in files if name.endswith(".parquet"))

    def write(self, shard: str, table: pa.Table, row_group_size: int = 16_384) -> None:
        """Write one shard; it is there whole or not at all. Raises StorageError."""
        write_atomically(self.pair_set, self.shard_path(shard), _encoded(table, row_group_size))

    def write_new(self, shard: str, table: pa.Table, row_group_size: int = 16_384) -> None:
        """Likewise; never in place of one that is there. Raises FileExistsError."""
        encoded = _encoded(table, row_group_size)
        write_atomically(self.pair_set, self.shard_path(shard), encoded, must_be_new=True)

    def read(self, shard: str, columns: list[str] | None = None) -> pa.Table:
        """Read one finished shard, all columns unless told.

        In this thread alone: one of pyarrow's that still holds the file when the program ends would
        abort it. Raises DamagedSetError.
        """
        path = self.pair_set.inside(self.shard_path(shard))
        with reading(path), self.pair_set.filesystem.open(path, "rb") as file:
            parquet = pq.ParquetFile(file, pre_buffer=False)
            return parquet.read(columns=columns, use_threads=False)

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Read the finished shards one after the other, in name order."""
        for shard in self.shards():
            yield self.read(shard, columns)


def _encoded(table: pa.Table, row_group_size: int) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", row_group_size=row_group_size)
    return buffer.getvalue()


def write_atomically(
    pair_set: PairSet, path: str, content: bytes, *, must_be_new: bool = False
) -> None:
    """Write a file that is there whole or not at all, even after ``kill -9``.

    Object stores show an object only once its upload is complete, so one put is enough there.
    Raises StorageError, FileExistsError where the file must be new and is not, and DamagedSetError
    where a link leads out of the set.
    """
    pair_set.inside(path)
    if pair_set.is_local:
        write_whole(path, content, must_be_new=must_be_new)
        return
    with storage_errors(path):
        pair_set.filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        mode = "create" if must_be_new else "overwrite"
        pair_set.filesystem.pipe_file(path, content, mode=mode)


def open_set(url: str) -> PairSet:
    """Open a set that exists. Raises SettingsError where there is none.

    An empty folder is none, nor is one that holds other things: nothing is ever written there.
    """
    pair_set = PairSet(url)
    if not pair_set.exists:
        is_folder = pair_set.filesystem.isdir(pair_set.root)
        why = ", only a folder without a set's rows" if is_folder else ""
        raise SettingsError(
            f"There is no set at {url}{why}. Make one with: pairset mine {url} PHOTOS"
        )
    if pair_set.is_local:
        refuse_folders_elsewhere(pair_set.root)
    return pair_set


def create_set(url: str) -> PairSet:
    """Open a set, making its folder where there is none.

    Raises SettingsError where none can be made.
    """
    path = local_path(url)
    if path is not None and os.path.isfile(path):
        raise SettingsError(f"{url} is a file; a set is a folder.")
    pair_set = PairSet(url)
    try:
        pair_set.filesystem.makedirs(pair_set.root, exist_ok=True)
    except storage_faults() as error:
        raise SettingsError(f"Cannot make a set at {url}: {error}") from error
    if pair_set.is_local:
        refuse_folders_elsewhere(pair_set.root)
    return pair_set
