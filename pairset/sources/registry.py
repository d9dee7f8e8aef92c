"""The kinds of sources by name. None is imported before one of its files is met."""

import importlib
from collections.abc import Collection, Iterator
from functools import cache

from pairset.decoding import ImageError, ImageErrorCode
from pairset.entry_points import SOURCES_GROUP, Addition, additions
from pairset.errors import PlugInError
from pairset.files.uris import container_of, split_uri
from pairset.sources.protocol import SourceKind

KINDS = {
    "file": "pairset.sources.files:FILES",
    "tar": "pairset.sources.tar:TARS",
    "parquet": "pairset.sources.parquet:PARQUET_FILES",
}
"""``module:OBJECT`` of each kind, in the order in which they are asked whose a file is."""


def kind_named(name: str) -> SourceKind:
    """The kind of that name. Raises PlugInError where no installed package has it."""
    if name in KINDS:
        return _our_kind(name)
    if name not in _other_kinds():
        raise PlugInError(
            f"The set was mined from files of the kind {name!r}, which no installed package reads. "
            "Install the package that adds it, then run the same command again."
        )
    return _other_kinds()[name]


def kind_of_file(uri: str) -> SourceKind | None:
    """The kind of a file by its name; None for a file that is passed over.

    Packages of others are asked about names that no kind of ours takes. Raises PlugInError where
    one of them is broken.
    """
    name = container_of(uri).rsplit("/", 1)[-1].lower()
    ours = next((kind for kind in _our_kinds() if kind.takes(name)), None)
    return ours or next((kind for kind in _other_kinds().values() if kind.takes(name)), None)


def kind_of_image(uri: str) -> SourceKind:
    """The kind that reads the image behind a URI: by the file's name, then by the fragment.

    Raises ImageError where no installed kind reads such a URI, PlugInError as ``kind_of_file``.
    """
    container, place = split_uri(uri)
    named = kind_of_file(container)
    if named and named.owns(place):
        return named
    kind = next((kind for kind in _our_kinds() if kind.owns(place)), named)
    if kind is None:
        message = f"{uri}: no installed package reads images inside such a file"
        raise ImageError(ImageErrorCode.UNSUPPORTED, message)
    return kind


def all_kinds() -> list[SourceKind]:
    """Ours, then those of other packages. Raises PlugInError where one of them is broken."""
    return [*_our_kinds(), *_other_kinds().values()]


def _our_kinds() -> Iterator[SourceKind]:
    return map(_our_kind, KINDS)


@cache
def _our_kind(name: str) -> SourceKind:
    module, name_there = KINDS[name].split(":")
    kind: SourceKind = getattr(importlib.import_module(module), name_there)
    return kind


@cache
def _other_kinds() -> dict[str, SourceKind]:
    kinds: dict[str, SourceKind] = {}
    for addition in additions(SOURCES_GROUP):
        kind = _checked(addition, kinds)
        kinds[kind.name] = kind
    return kinds


def _checked(addition: Addition, known: Collection[str]) -> SourceKind:
    """What a package adds, once it is sure to be a kind of its own. Raises PlugInError."""
    added = addition.load()
    if not isinstance(added, SourceKind):
        raise addition.unusable(
            f"is an object of type {type(added).__name__}, which is no SourceKind"
        )
    name, suffixes = getattr(added, "name", None), getattr(added, "suffixes", None)
    if not isinstance(name, str) or not name:
        raise addition.unusable("is a kind without a name")
    if name in KINDS or name in known:
        raise addition.unusable(f"is a second kind called {name!r}")
    texts = suffixes if isinstance(suffixes, tuple) else ()
    if not texts or not all(isinstance(e, str) and e and e == e.lower() for e in texts):
        raise addition.unusable(
            f"is a kind {name!r} whose suffixes are no tuple of lower-case texts"
        )
    return added
