"""Where bytes lie: a path or fsspec URL, with a fragment where it points inside a container.

    photos/cat.jpg
    shard-0001.tar#offset=512&size=48211&name=cat.jpg
    rows.parquet#row=17&column=image

A local path that would not stand for itself (no valid UTF-8, a ``#``, a line break) is spelt as a
``file://`` URL.
"""

import errno
import os
import stat
from typing import IO
from urllib.parse import parse_qs, quote, unquote, urlencode

import fsspec

from pairset.errors import SettingsError

_FILE = "file://"


def file_uri(path: bytes) -> str:
    """URI of a local file whose name may be no valid UTF-8, or hold a ``#`` or a line break."""
    text = os.fsdecode(path)
    stands_for_itself = text.isprintable() and not {"#", "%"} & set(text)
    return text if stands_for_itself else _FILE + quote(path)


def tar_member_uri(container: str, name: str, offset: int, size: int) -> str:
    """URI of an uncompressed tar member, readable without walking the archive."""
    place = {"offset": offset, "size": size, "name": name}
    return f"{container}#{urlencode(place, errors='replace')}"


def parquet_row_uri(container: str, row: int, column: str) -> str:
    """URI of the image bytes in one row of a Parquet file."""
    return f"{container}#{urlencode({'row': row, 'column': column})}"


def split_uri(uri: str) -> tuple[str, dict[str, str]]:
    """The file a URI names, and where in it: ``offset`` and ``size``, or ``row`` and ``column``."""
    container, _, fragment = uri.partition("#")
    return container, {name: values[0] for name, values in parse_qs(fragment).items()}


def local_path(place: str) -> str | None:
    """The local path that a place or URI stands for, None for anything remote."""
    if place.startswith(_FILE):
        return unquote(place.removeprefix(_FILE), errors="surrogateescape")
    return None if "://" in place else place


def filesystem_of(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The filesystem of a path or fsspec URL, and how it spells the path.

    Raises SettingsError where fsspec knows none, or lacks the package for it.
    """
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise SettingsError(
            f"Cannot open {url}: {error}. Each remote filesystem is a package of its own: "
            "pip install s3fs for s3://, gcsfs for gs://, adlfs for az://."
        ) from error
    return filesystem, str(path)


def _open_regular(path: str) -> IO[bytes]:
    """Open a file without waiting: a pipe that nobody writes into would hold a run for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return open(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a regular file", path)


def open_file(uri: str) -> IO[bytes]:
    """Open what a URI without a fragment names. Raises OSError."""
    path = local_path(uri)
    if path is not None:  # fsspec would take "::" in a name for a chain of filesystems
        return _open_regular(path)
    opened: IO[bytes] = fsspec.open(uri, "rb").open()
    return opened
