"""Where bytes lie: a path or fsspec URL, with a fragment where it points inside a container.

    photos/cat.jpg
    shard-0001.tar#offset=512&size=48211&name=cat.jpg
    rows.parquet#row=17&column=image

A local path that would not stand for itself (no valid UTF-8, a ``#``, a line break) is spelt as a
``file://`` URL; the key of an object has those characters quoted as ``%23`` is.
"""

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, quote, unquote, urlencode

import fsspec
from fsspec.implementations.local import LocalFileSystem

from pairset.errors import SettingsError

_FILE = "file://"
_STORES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "hf", "memory")
"""Where images may lie besides this machine. A set may be a stranger's, and what its rows name is
asked for: so nothing that reaches whatever host an address names, and no chain of filesystems."""


def file_uri(path: bytes) -> str:
    """URI of a local file whose name may be no valid UTF-8, or hold a ``#`` or a line break."""
    text = os.fsdecode(path)
    return text if _stands_for_itself(text) else _FILE + quote(path)


def object_uri(filesystem: fsspec.AbstractFileSystem, path: str) -> str:
    """URI of what a remote filesystem lists under that path."""
    url = str(filesystem.unstrip_protocol(path))
    protocol, _, key = url.partition("://")
    if _stands_for_itself(key):
        return url
    return f"{protocol}://{quote(key)}"


def _stands_for_itself(text: str) -> bool:
    return text.isprintable() and not {"#", "%"} & set(text)


def place_uri(container: str, place: Mapping[str, object]) -> str:
    """URI of an image inside a file; what its names mean is up to the kind of the file.

    ``name`` is the name of the image within its container, wherever there is one.
    """
    return f"{container}#{urlencode(place, errors='replace')}"


def split_uri(uri: str) -> tuple[str, dict[str, str]]:
    """The file a URI names, and where in it, as ``place_uri`` was given it; empty for all of it."""
    _, _, fragment = uri.partition("#")
    place = parse_qs(fragment, keep_blank_values=True)  # a column may have no name
    return container_of(uri), {name: values[0] for name, values in place.items()}


def container_of(uri: str) -> str:
    """The file a URI names."""
    return uri.partition("#")[0]


def local_path(place: str) -> str | None:
    """The local path that a place or URI stands for, None for anything remote.

    Only ``~/`` is the home folder: ``~name`` is a name as any other.
    """
    if place.startswith(_FILE):
        return unquote(place.removeprefix(_FILE), errors="surrogateescape")
    if place == "~" or place.startswith("~/"):
        return str(Path(place).expanduser())
    return None if "://" in place else place


def filesystem_of(url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    """The filesystem of a path or fsspec URL, and how it spells the path.

    It remembers no listing: other processes write into the same folders.
    Raises SettingsError where fsspec knows none, or lacks the package for it.
    """
    path = local_path(url)
    if path is not None:
        return LocalFileSystem(), str(Path(path).absolute())
    try:
        if _is_chain(url):
            filesystem, path = fsspec.core.url_to_fs(url)
            return filesystem, str(path)
        kind = fsspec.get_filesystem_class(url.partition("://")[0])
        options = kind._get_kwargs_from_urls(url)
        return kind(**options, use_listings_cache=False), str(kind._strip_protocol(url))
    except (ImportError, ValueError) as error:
        raise SettingsError(
            f"Cannot open {url}: {error}. Each remote filesystem is a package of its own: "
            "pip install s3fs for s3://, gcsfs for gs://, adlfs for az://."
        ) from error


def _is_chain(url: str) -> bool:
    """Whether ``::`` joins two URLs (``simplecache::s3://…``); elsewhere it is part of a name."""
    before, joined, _ = url.partition("::")
    return bool(joined) and ("://" not in before or "://" in url.partition("::")[2])


def _open_regular(path: str) -> IO[bytes]:
    """Open a file without waiting: a pipe that nobody writes into would hold a run for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return open(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a regular file", path)


def may_hold_images(place: str) -> bool:
    """Whether a place is one on this machine, or in a store of objects."""
    is_store = place.partition("://")[0] in _STORES and not _is_chain(place)
    return local_path(place) is not None or is_store


def open_file(uri: str) -> IO[bytes]:
    """Open what a URI without a fragment names, on this machine or in a store.

    Raises OSError.
    """
    local = local_path(uri)
    if local is not None:
        return _open_regular(local)
    if not may_hold_images(uri):
        scheme = uri.partition("://")[0][:40]
        words = f"images are read from files and from {', '.join(_STORES)}, and not from {scheme}:"
        raise OSError(errno.EPROTONOSUPPORT, words)
    try:
        filesystem, path = filesystem_of(uri)
    except SettingsError as error:
        raise OSError(str(error)) from error
    opened: IO[bytes] = filesystem.open(unquote(path), "rb")
    return opened
