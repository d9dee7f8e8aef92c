"""Images by URI."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pairset.decoding import ImageError, ImageErrorCode, decode
from pairset.records.image import image_id_of
from pairset.sources.registry import kind_of_image

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


def read_bytes(uri: str) -> bytes:
    """The encoded image behind a URI. Raises ImageError (missing, unreadable, empty)."""
    content = kind_of_image(uri).content(uri)
    if isinstance(content, ImageError):
        raise content
    return content


def read_image(image_id: str, uris: Sequence[str]) -> bytes:
    """The encoded image of that id, from the first of its places that still holds it.

    Files are moved, and overwritten in place: the id is the hash of the bytes, and decides.
    Raises ImageError: ``changed`` where a place holds other bytes, else what is wrong with the
    first.
    """
    problems: list[ImageError] = []
    for uri in uris:
        try:
            content = read_bytes(uri)
        except ImageError as error:
            problems.append(error)
            continue
        if image_id_of(content) == image_id:
            return content
        other = f"{uri}: the file was replaced since it was mined; mine again"
        problems.append(ImageError(ImageErrorCode.CHANGED, other))
    if not problems:
        raise ImageError(ImageErrorCode.MISSING, f"image {image_id}: no place is known")
    changed = (each for each in problems if each.code == ImageErrorCode.CHANGED)
    raise next(changed, problems[0])


def open_image(uri: str) -> "PillowImage":
    """Upright RGB pixels of the image behind a URI, as ``decode`` gives them. Raises ImageError."""
    return decode(read_bytes(uri)).pixels


def open_known_image(image_id: str, uris: Sequence[str]) -> "PillowImage":
    """The same of the image of that id, from the first place that holds it. Raises ImageError."""
    return decode(read_image(image_id, uris)).pixels
