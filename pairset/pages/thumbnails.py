"""Small JPEGs beside the page, or inside it."""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pairset.decoding import ImageError
from pairset.records import Pair
from pairset.rows.places import PlacedImage
from pairset.running.progress import progress
from pairset.store import PairSet, write_atomically

_JPEG_QUALITY = 86
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An image as the page shows it, or why it cannot."""

    path: str | None
    """Relative to the page, or the picture itself as a ``data:`` URL."""
    width: int = 0
    height: int = 0
    problem: str | None = None


def write_thumbnails(
    page_folder: PairSet, placed: Mapping[str, PlacedImage], longer_side: int
) -> dict[str, Thumbnail]:
    """Write one thumbnail for each image id; an image that cannot be read has none."""

    def write(image_id: str, encoded: bytes) -> str:
        path = f"images/{image_id}.jpg"
        write_atomically(page_folder, f"{page_folder.root}/{path}", encoded)
        return path

    return _thumbnails(placed, longer_side, write)


def inline_thumbnails(placed: Mapping[str, PlacedImage], longer_side: int) -> dict[str, Thumbnail]:
    """Likewise, as part of a page that is one file; by any name."""

    def inline(_: str, encoded: bytes) -> str:
        return "data:image/jpeg;base64," + base64.b64encode(encoded).decode()

    return _thumbnails(placed, longer_side, inline)


def _thumbnails(
    placed: Mapping[str, PlacedImage], longer_side: int, place: Callable[[str, bytes], str]
) -> dict[str, Thumbnail]:
    def one(entry: tuple[str, PlacedImage]) -> tuple[str, Thumbnail]:
        image_id, image = entry
        try:
            encoded, size = _small_jpeg(image, longer_side)
        except ImageError as error:
            return image_id, Thumbnail(None, problem=f"{error.code}: {error}")
        return image_id, Thumbnail(place(image_id, encoded), *size)

    # Threads: Pillow decodes and scales outside Python's global lock.
    with ThreadPoolExecutor(_THREADS) as pool:
        done = pool.map(one, placed.items())
        return dict(progress(done, label="thumbnails", total=len(placed), unit="image"))


def uris_of(pairs: Iterable[Pair]) -> dict[str, str]:
    """Every image of the pairs once, by id."""
    return dict(_images_of(pairs))


def _images_of(pairs: Iterable[Pair]) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        yield pair.source_id, pair.source_uri
        yield pair.target_id, pair.target_uri


def _small_jpeg(placed: PlacedImage, longer_side: int) -> tuple[bytes, tuple[int, int]]:
    """The image scaled down, and its width and height. Raises ImageError where it is unreadable."""
    from PIL import Image

    image = placed.open()
    image.thumbnail((longer_side, longer_side), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return encoded.getvalue(), image.size
