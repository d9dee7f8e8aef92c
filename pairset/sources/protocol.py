"""What a kind of source is: how its files are named, split and read, in sequence and at random."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from pairset.decoding import ImageError, ImageErrorCode
from pairset.files.uris import split_uri
from pairset.sources.found import Found, PassedOver
from pairset.text import storable


@dataclass(frozen=True, slots=True)
class Extent:
    """What one shard reads of a file, in units of its kind: rows of a Parquet file, for example."""

    first: int = 0
    count: int | None = None
    """None: to the end."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a run may choose about reading."""

    image_columns: tuple[str, ...] = ()
    """Columns of Parquet files to read; empty: those that are named as images are."""


_ALL, _PLAIN = Extent(), ReadOptions()


class SourceKind(ABC):
    """One kind of file that a corpus may consist of: image files, tars, Parquet files and so on.

    An object of it holds no state of a run: each worker process makes its own.
    """

    name: ClassVar[str]
    """As plans of shards keep it."""
    suffixes: ClassVar[tuple[str, ...]]
    """How names of such files end, in lower case. The first one is shown to people."""
    errors: ClassVar[tuple[type[Exception], ...]] = (OSError, ValueError, KeyError)
    """What reading raises where a file is damaged: the image, or the file, becomes an error row."""
    is_single: ClassVar[bool] = False
    """Whether a file is one image: such files share shards, and their URIs have no fragment."""

    def takes(self, file_name: str) -> bool:
        """Whether a file of that name, in lower case and without its folder, is of this kind."""
        return file_name.endswith(self.suffixes)

    def owns(self, place: Mapping[str, str]) -> bool:
        """Whether the fragment of a URI, by its names, may come from this kind."""
        return bool(place) != self.is_single

    def split(self, uri: str, images_per_shard: int) -> list[Extent]:
        """The shards of one file. Only a kind whose files can be read from the middle has several.

        A file that cannot be opened is one shard: reading it will say why.
        """
        return [Extent()]

    def variant(self, options: ReadOptions) -> str:
        """What the options change in reading such files; files are read again where it changes."""
        return ""

    def notices(self, uris: Iterable[str], options: ReadOptions) -> Iterator[str]:
        """Sentences about the files of a corpus, for people, before any of them is read."""
        yield from ()

    @abstractmethod
    def images(
        self, uri: str, extent: Extent, options: ReadOptions
    ) -> Iterator[Found | PassedOver]:
        """The images of a file in order, and what is passed over. May raise ``errors``."""

    @abstractmethod
    def read(self, container: str, place: Mapping[str, str]) -> bytes:
        """The encoded image at a place of a file: what the fragment of its URI says.

        Raises ImageError or one of ``errors``.
        """

    def walk(
        self, uri: str, extent: Extent = _ALL, options: ReadOptions = _PLAIN
    ) -> Iterator[Found | PassedOver]:
        """As ``images``; a file that is damaged from some point on ends with the reason."""
        try:
            yield from self.images(uri, extent, options)
        except self._caught as error:
            yield Found(uri, _reason(uri, error))

    def found(self, uri: str, said: Mapping[str, str | None] | None = None) -> Found:
        """The image behind a URI, or the reason why it cannot be read."""
        return Found(uri, self.content(uri), said or {})

    def content(self, uri: str) -> bytes | ImageError:
        """The encoded image behind a URI, or the reason why it cannot be read."""
        container, place = split_uri(uri)
        try:
            content = self.read(container, place)
        except self._caught as error:
            return _reason(uri, error)
        return content or ImageError(ImageErrorCode.EMPTY, f"{uri}: the file is empty")

    @property
    def _caught(self) -> tuple[type[Exception], ...]:
        return (ImageError, *self.errors)


def _reason(uri: str, error: Exception) -> ImageError:
    if isinstance(error, ImageError):
        return error
    if isinstance(error, FileNotFoundError):
        return ImageError(ImageErrorCode.MISSING, f"{uri}: no such file")
    return ImageError(ImageErrorCode.UNREADABLE, storable(f"{uri}: {error}"))
