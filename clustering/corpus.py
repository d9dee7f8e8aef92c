"""What lies in a corpus: image files and containers of images, found but not opened."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

import fsspec

from pairset.errors import EmptyCorpusError
from pairset.images import file_uri

IMAGE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".webp",
        ".bmp",
        ".dib",
        ".tif",
        ".tiff",
        ".gif",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
        ".avif",
        ".jp2",
        ".tga",
        ".ico",
    ]
)


class SourceKind(StrEnum):
    """How the images of a source are read."""

    FILE = "file"
    TAR = "tar"
    PARQUET = "parquet"


_CONTAINERS = {
    ".tar": SourceKind.TAR,
    ".tgz": SourceKind.TAR,
    ".tar.gz": SourceKind.TAR,
    ".parquet": SourceKind.PARQUET,
}


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One file of the corpus."""

    uri: str
    kind: SourceKind


def find_sources(corpus: Iterable[str], besides: str) -> list[Source]:
    """Every image file and container under the given places, sorted and without repeats.

    Files whose name says they are neither are passed over. Linked folders are not entered, so
    that no loop is; linked files are read. ``besides`` is left out: the set may lie in the corpus.
    Raises EmptyCorpusError where a place does not exist or nothing at all was found.
    """
    places = list(corpus)
    found = {source for place in places for source in _in_place(place, besides)}
    if not found:
        raise EmptyCorpusError(
            f"No images in {', '.join(places)}. Looked for image files, .tar and .parquet."
        )
    return sorted(found)


def _in_place(place: str, besides: str) -> Iterator[Source]:
    path = local_path(place)
    if path is None:
        yield from _in_filesystem(place)
        return
    encoded = os.fsencode(Path(path).absolute())
    if not os.path.lexists(encoded):
        raise EmptyCorpusError(f"There is nothing at {place}.")
    if not os.path.isdir(encoded):
        yield from _sources(encoded)
        return
    yield from _walk(encoded, os.fsencode(local_path(besides) or ""))


def local_path(place: str) -> str | None:
    """The local path a place or URI stands for, None for anything remote."""
    if place.startswith("file://"):
        return place.removeprefix("file://")
    return None if "://" in place else place


def _walk(folder: bytes, besides: bytes) -> Iterator[Source]:
    left_out = os.path.realpath(besides) if besides else None
    for parent, folders, files in os.walk(folder):
        within = (name for name in folders if os.path.realpath(parent + b"/" + name) != left_out)
        folders[:] = sorted(within)
        for name in files:
            yield from _sources(parent + b"/" + name)


def _sources(path: bytes) -> Iterator[Source]:
    kind = _kind_of(os.fsdecode(path))
    if kind:
        yield Source(file_uri(path), kind)


def _in_filesystem(url: str) -> Iterator[Source]:
    filesystem, root = fsspec.core.url_to_fs(url)
    if not filesystem.exists(root):
        raise EmptyCorpusError(f"There is nothing at {url}.")
    for path in filesystem.find(root):
        kind = _kind_of(path)
        if kind:
            yield Source(filesystem.unstrip_protocol(path), kind)


def _kind_of(path: str) -> SourceKind | None:
    name = path.rsplit("/", 1)[-1].lower()
    if PurePosixPath(name).suffix in IMAGE_SUFFIXES:
        return SourceKind.FILE
    return next((kind for suffix, kind in _CONTAINERS.items() if name.endswith(suffix)), None)
