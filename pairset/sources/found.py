"""What reading a file of a corpus gives: images, reasons why there are none, and counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pairset.decoding import ImageError


@dataclass(frozen=True, slots=True)
class Found:
    """One image of a file, or the reason why there is none."""

    uri: str
    content: bytes | ImageError
    said: Mapping[str, str | None] = field(default_factory=dict)
    """caption, licence and origin, as far as the corpus tells."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Members of a container that are no images by their name."""

    count: int = 1
