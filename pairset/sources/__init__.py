"""Kinds of sources: where the images of a file lie, their bytes, and what is said of them."""

from pairset.formats.image_formats import is_image_name
from pairset.sources.files import limited_bytes
from pairset.sources.found import Found, PassedOver
from pairset.sources.protocol import Extent, ReadOptions, SourceKind

__all__ = [
    "Extent",
    "Found",
    "PassedOver",
    "ReadOptions",
    "SourceKind",
    "is_image_name",
    "limited_bytes",
]
