"""Small JPEGs beside the page."""

import io
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pairset.images import ImageError, open_image
from pairset.progress import progress
from pairset.records import Pair
from pairset.store import PairSet, write_atomically

_JPEG_QUALITY = 86
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """An image as the page shows it, or why it cannot."""

    path: str | None
    """Relative to the page."""
    width: int = 0
    height: int = 0
    problem: str | None = None


def write_thumbnails(
    page_folder: PairSet, uris: Mapping[str, str], longer_side: int
) -> dict[str, Thumbnail]:
    """Write one thumbnail for each image id; an image that cannot be read has none."""

    def one(entry: tuple[str, str]) -> tuple[str, Thumbnail]:
        image_id, uri = entry
        return image_id, _write_thumbnail(page_folder, image_id, uri, longer_side)

    # Threads: Pillow decodes and scales outside Python's global lock.
    with ThreadPoolExecutor(_THREADS) as pool:
        done = pool.map(one, uris.items())
        return dict(progress(done, label="thumbnails", total=len(uris), unit="image"))


def uris_of(pairs: Iterable[Pair]) -> dict[str, str]:
    """Every image of the pairs once, by id."""
    return dict(_images_of(pairs))


def _images_of(pairs: Iterable[Pair]) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        yield pair.source_id, pair.source_uri
        yield pair.target_id, pair.target_uri


def _write_thumbnail(page_folder: PairSet, image_id: str, uri: str, longer_side: int) -> Thumbnail:
    from PIL import Image

    try:
        image = open_image(uri)
    except ImageError as error:
        return Thumbnail(None, problem=f"{error.code}: {error}")
    image.thumbnail((longer_side, longer_side), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    path = f"images/{image_id}.jpg"
    write_atomically(page_folder, f"{page_folder.root}/{path}", encoded.getvalue())
    return Thumbnail(path, *image.size)
