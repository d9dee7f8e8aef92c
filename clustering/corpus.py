"""What lies in a corpus: image files and containers of images, found but not opened."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from pairset.errors import EmptyCorpusError
from pairset.image_formats import READER_BY_SUFFIX, has_reader
from pairset.uris import file_uri, filesystem_of, local_path

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
    **{f".tar.{packed}": SourceKind.TAR for packed in ("gz", "bz2", "xz", "zst", "lz4")},
    ".parquet": SourceKind.PARQUET,
}


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One file of the corpus."""

    uri: str
    kind: SourceKind


@dataclass(frozen=True, slots=True)
class Survey:
    """What a corpus holds."""

    sources: list[Source]
    """Sorted and without repeats."""
    passed_over: int
    """Files that are no images by their name."""
    wanting: Mapping[str, int]
    """How many of them are photos that a missing package reads, by suffix."""


def find_sources(corpus: Iterable[str], besides: str) -> Survey:
    """Every image file and container under the given places.

    Linked folders are not entered, so that no loop is; linked files are read. ``besides`` is left
    out: the set may lie in the corpus.
    Raises EmptyCorpusError where a place does not exist or nothing at all was found.
    """
    places = list(corpus)
    uris = {uri for place in places for uri in _in_place(place, besides)}
    kinds = ((uri, _kind_of(uri)) for uri in sorted(uris))
    found = [Source(uri, kind) for uri, kind in kinds if kind]
    if not found:
        raise EmptyCorpusError(
            f"No images in {', '.join(places)}. Looked for image files, .tar and .parquet."
        )
    suffixes = (PurePosixPath(uri.lower()).suffix for uri in uris)
    wanting = Counter(suffix for suffix in suffixes if not has_reader(suffix))
    return Survey(found, len(uris) - len(found), wanting)


def _in_place(place: str, besides: str) -> Iterator[str]:
    path = local_path(place)
    if path is None:
        yield from _in_filesystem(place)
        return
    encoded = os.fsencode(Path(path).absolute())
    if not os.path.lexists(encoded):
        raise EmptyCorpusError(f"There is nothing at {place}.")
    if not os.path.isdir(encoded):
        yield file_uri(encoded)
        return
    yield from _walk(encoded, os.fsencode(local_path(besides) or ""))


def _walk(folder: bytes, besides: bytes) -> Iterator[str]:
    left_out = os.path.realpath(besides) if besides else None
    closed: list[bytes] = []
    for parent, folders, files in os.walk(folder, onerror=lambda e: closed.append(e.filename)):
        within = (name for name in folders if os.path.realpath(parent + b"/" + name) != left_out)
        folders[:] = sorted(within)
        for name in files:
            yield file_uri(parent + b"/" + name)
    yield from (file_uri(path) + "/" for path in closed)


def _in_filesystem(url: str) -> Iterator[str]:
    filesystem, root = filesystem_of(url)
    if not filesystem.exists(root):
        raise EmptyCorpusError(f"There is nothing at {url}.")
    for path in filesystem.find(root):
        yield filesystem.unstrip_protocol(path)


def _kind_of(uri: str) -> SourceKind | None:
    if uri.endswith("/"):
        return SourceKind.FILE  # a folder that cannot be listed: its row will say so
    name = uri.rsplit("/", 1)[-1].lower()
    suffix = PurePosixPath(name).suffix
    if suffix in IMAGE_SUFFIXES or (suffix in READER_BY_SUFFIX and has_reader(suffix)):
        return SourceKind.FILE
    return next((kind for suffix, kind in _CONTAINERS.items() if name.endswith(suffix)), None)
