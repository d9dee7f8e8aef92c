"""What a container gives: an image, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pairset.decoding import ImageError


@dataclass(frozen=True, slots=True)
class Found:
    """One image in a container, or the reason why there is none."""

    uri: str
    content: bytes | ImageError
    said: Mapping[str, str | None] = field(default_factory=dict)
    """caption, licence and origin, as far as the corpus tells."""
