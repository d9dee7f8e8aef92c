"""Copies of the images under review, the only files our Label Studio can serve.

They are decoded and encoded anew: so images inside tar and Parquet files can be shown too, nothing
of a corpus but these pixels can ever be fetched, and EXIF data (places, names) stays behind.
"""

import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pairset.decoding import ImageError, opened
from pairset.files.storage import write_whole
from pairset.rows.places import PlacedImage, placed_images
from pairset.running.progress import progress
from pairset.store import PairSet, safe_name
from review.studio.home import home_of

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_JPEG_QUALITY = 90
_THREADS = 2


@dataclass(frozen=True, slots=True)
class ReviewImage:
    """An image as the page shows it, or why it cannot."""

    url: str | None
    """Relative to the server; it answers to reviewers who are logged in."""
    width: int = 0
    height: int = 0
    problem: str | None = None


def write_review_images(
    pair_set: PairSet, uris: Mapping[str, str], longer_side_pixels: int = 1024
) -> dict[str, ReviewImage]:
    """Put a JPEG of every image where the set's own server shows it; by image id.

    Files that are there already stay. An image that cannot be read has a ``problem`` instead.
    """
    folder = home_of(pair_set).images

    def one(entry: tuple[str, PlacedImage]) -> tuple[str, ReviewImage]:
        image_id, placed = entry
        return image_id, _review_image(folder, image_id, placed, longer_side_pixels)

    # Threads: Pillow decodes and scales outside Python's global lock.
    with ThreadPoolExecutor(_THREADS) as pool:
        done = pool.map(one, placed_images(pair_set, uris).items())
        return dict(progress(done, label="images", total=len(uris), unit="image"))


def local_file_url(image_id: str) -> str:
    """Where the set's own server shows an image."""
    return f"/data/local-files/?d=pairs/{safe_name(image_id)}.jpg"


def _review_image(
    folder: Path, image_id: str, placed: PlacedImage, longer_side_pixels: int
) -> ReviewImage:
    from PIL import Image

    path = folder / f"{safe_name(image_id)}.jpg"
    if path.is_symlink():
        path.unlink()  # none of ours
    if path.exists():
        try:
            with opened(path.read_bytes(), smallest_side=1) as there:
                return ReviewImage(local_file_url(image_id), *there.size)
        except (ImageError, OSError):
            pass  # a copy that is broken is made again
    try:
        image = placed.open()
    except ImageError as error:
        return ReviewImage(None, problem=f"{error.code}: {error}")
    image.thumbnail((longer_side_pixels, longer_side_pixels), Image.Resampling.LANCZOS)
    _write_jpeg(image, path)
    return ReviewImage(local_file_url(image_id), *image.size)


def _write_jpeg(image: "PillowImage", path: Path) -> None:
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    write_whole(str(path), encoded.getvalue())
