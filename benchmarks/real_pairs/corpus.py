"""A corpus of photographs whose related pairs and scenes are known.

A folder with ``photos/``, ``pairs.csv`` (first, second, family, kind) and ``scenes.csv`` (photo,
scene). Two photos are related if they are of one scene.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


class CorpusError(Exception):
    """A corpus lacks a file, a column, or the scene of a photo."""


@dataclass(frozen=True)
class KnownPair:
    """Two photos that a source shows as a pair, by their file names."""

    first: str
    second: str
    family: str
    """What relates the two: edit, moment, viewpoint, subject or place."""
    kind: str
    """The same in the words of the source, narrower than the family."""


@dataclass(frozen=True)
class Corpus:
    """The known pairs, and the scene of every photo by its file name."""

    photos: Path
    pairs: tuple[KnownPair, ...]
    scenes: Mapping[str, str]


def read_corpus(folder: Path) -> Corpus:
    """Read the two tables of a corpus. Raises CorpusError."""
    photos = folder / "photos"
    if not photos.is_dir():
        raise CorpusError(f"{photos} is no folder.")
    scenes = {row[0]: row[1] for row in _rows(folder / "scenes.csv", "photo", "scene")}
    known = _rows(folder / "pairs.csv", "first", "second", "family", "kind")
    pairs = tuple(KnownPair(*row) for row in known)
    named = {path.name for path in photos.iterdir()}
    named |= {photo for pair in pairs for photo in (pair.first, pair.second)}
    if without := sorted(named - scenes.keys()):
        raise CorpusError(f"{len(without)} photos have no scene in scenes.csv, as {without[0]}.")
    return Corpus(photos, pairs, scenes)


def _rows(path: Path, *columns: str) -> Iterator[tuple[str, ...]]:
    """The named columns of a CSV file, row by row. Raises CorpusError."""
    if not path.is_file():
        raise CorpusError(f"{path} is missing.")
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        if lacking := set(columns) - set(table.fieldnames or ()):
            raise CorpusError(f"{path} has no column {sorted(lacking)[0]}.")
        for row in table:
            yield tuple(row[column] for column in columns)
