"""Weights written by libraries that say in many ways that a disk is full."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from pairset.errors import StorageError
from pairset.files.storage import (
    UNFINISHED,
    is_given_up,
    make_folder,
    storage_error,
    storage_errors,
    unfinished_name,
)

_NUMBERED = re.compile(r"\(os error (\d+)\)")
_LITTLE_BYTES = 64 << 20
"""With less room than this a library that could not write had no room."""
_FAILED_WRITING = ("failed writing file", "unexpected pos", "write failed", "iostream error")


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Say in words that weights could not be written. Raises StorageError."""
    try:
        with storage_errors(str(folder)):
            yield
    except (SafetensorError, RuntimeError) as error:
        known = _about_storage(error, folder)
        if known is None:
            raise
        raise known from error


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write into, which gets its name once it is whole. Raises StorageError.

    What a run that was killed has left beside it is removed.
    """
    for left in folder.parent.glob(f"{folder.name}.*{UNFINISHED}"):
        if is_given_up(left):
            shutil.rmtree(left, ignore_errors=True)
    unfinished = Path(unfinished_name(str(folder)))
    with saving(folder):
        make_folder(unfinished)
        try:
            yield unfinished
            os.replace(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _about_storage(error: Exception, folder: Path) -> StorageError | None:
    numbered = _NUMBERED.search(str(error))
    if numbered:
        return storage_error(OSError(int(numbered[1]), os.strerror(int(numbered[1]))), str(folder))
    failed = any(words in str(error) for words in _FAILED_WRITING)
    if failed and shutil.disk_usage(folder).free < _LITTLE_BYTES:
        return storage_error(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), str(folder))
    return None
