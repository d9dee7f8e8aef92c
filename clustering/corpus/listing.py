"""What lies in a corpus: image files and containers of images, found but not opened."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from clustering.corpus.set_folders import SetFolders
from pairset.errors import EmptyCorpusError, SettingsError
from pairset.files.set_folder import FOLDERS
from pairset.files.uris import file_uri, filesystem_of, local_path, may_hold_images, object_uri
from pairset.formats.image_formats import has_reader
from pairset.sources.registry import all_kinds, kind_of_file


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One file of the corpus, and which state of it was seen."""

    uri: str
    kind: str
    """Name of its kind: how its images are read."""
    byte_size: int | None = None
    modified: str | None = None
    """When it was written last, or its ETag, as its filesystem tells; None where it does not."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a corpus holds."""

    sources: list[Source]
    """Sorted and without repeats."""
    passed_over: int
    """Files that are no images by their name."""
    wanting: Mapping[str, int]
    """How many of them are photos that a missing package reads, by suffix."""
    sets: list[str]
    """Folders that were not entered: sets of ours, whose pictures are made of other pictures."""


def find_sources(corpus: Iterable[str], besides: str) -> Survey:
    """Every image file and container under the given places.

    Linked folders are not entered, so that no loop is; linked files are read. Sets are left out
    wherever they lie, and so is the one at ``besides``; where a place is itself a set, what verbs
    write into it.
    Raises EmptyCorpusError where a place does not exist or nothing at all was found.
    """
    places, sets = list(corpus), SetFolders(besides)
    found = {uri: info for place in places for uri, info in _in_place(place, sets)}
    kinds = {uri: kind_of_file(uri) for uri in sorted(found)}
    sources = [
        Source(uri, kind.name, *_state_of(uri, found[uri])) for uri, kind in kinds.items() if kind
    ]
    if not sources:
        within = f" {sets.passed_over[0]} is a set and was not entered." if sets.passed_over else ""
        raise EmptyCorpusError(
            f"No images in {', '.join(places)}. Looked for image files{_containers()}.{within}"
        )
    suffixes = (PurePosixPath(uri.lower()).suffix for uri, kind in kinds.items() if not kind)
    wanting = Counter(suffix for suffix in suffixes if not has_reader(suffix))
    return Survey(sources, len(found) - len(sources), wanting, sorted(set(sets.passed_over)))


def _containers() -> str:
    *others, last = (kind.suffixes[0] for kind in all_kinds() if not kind.is_single)
    return "".join(f", {suffix}" for suffix in others) + f" and {last}"


_Info = Mapping[str, object] | None
"""What a listing says of a file; None for local ones, which are asked themselves."""


def _in_place(place: str, sets: SetFolders) -> Iterator[tuple[str, _Info]]:
    path = local_path(place)
    if path is None:
        yield from _in_filesystem(place, sets)
        return
    encoded = os.fsencode(Path(path).absolute())
    if not os.path.lexists(encoded):
        raise EmptyCorpusError(f"There is nothing at {place}.")
    if not os.path.isdir(encoded):
        file = Path(os.fsdecode(encoded))
        yield file_uri(os.fsencode(file.parent.resolve() / file.name)), None
        return
    # One spelling for each file, however the folder was called: two would be two places.
    for uri in _walk(os.path.realpath(encoded), sets):
        yield uri, None


def _walk(place: bytes, sets: SetFolders) -> Iterator[str]:
    closed: list[bytes] = []
    for parent, folders, files in os.walk(place, onerror=lambda e: closed.append(e.filename)):
        if sets.is_local_set(parent, folders):
            if parent != place:
                sets.passed_over.append(os.fsdecode(parent))
                folders.clear()
                continue
            folders[:] = (name for name in folders if os.fsdecode(name) not in FOLDERS)
        folders.sort()
        for name in files:
            yield file_uri(parent.rstrip(b"/") + b"/" + name)
    yield from (file_uri(path) + "/" for path in closed)


def _in_filesystem(url: str, sets: SetFolders) -> Iterator[tuple[str, _Info]]:
    if not may_hold_images(url):
        raise SettingsError(f"Images are not read from {url}. Copy them here, or into a bucket.")
    filesystem, root = filesystem_of(url)
    try:
        if not filesystem.exists(root):
            raise EmptyCorpusError(f"There is nothing at {url}.")
        listing = filesystem.find(root, detail=True)
    except OSError as error:
        raise EmptyCorpusError(f"Cannot list {url}: {error}") from error
    for path in sets.without_sets(filesystem, root, listing):
        if not path.endswith("/"):  # such an object stands for a folder
            yield object_uri(filesystem, path), listing[path]


def _state_of(uri: str, info: _Info) -> tuple[int | None, str | None]:
    """Size in bytes, and when it was modified or which version it is."""
    if info is None:
        try:
            found = Path(local_path(uri) or "").stat()
        except OSError:  # reading it will say why
            return None, None
        return found.st_size, str(found.st_mtime_ns)
    size = info.get("size")
    told = (info[name] for name in _VERSIONS if info.get(name) is not None)
    return (int(size) if isinstance(size, int) else None), next(map(str, told), None)


_VERSIONS = (
    *("ETag", "etag", "md5Hash", "content_md5", "md5", "Last-Modified", "LastModified"),
    *("last_modified", "updated", "mtime", "modified", "created"),
)
"""Names under which filesystems of fsspec tell versions and times, the surest first."""
