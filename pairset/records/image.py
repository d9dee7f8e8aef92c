"""One file of the corpus, readable or not."""

from dataclasses import dataclass

from pairset.records.ids import content_id
from pairset.records.table import Int32, Record


@dataclass(frozen=True, slots=True)
class Image(Record):
    """One image of the corpus, or the reason why it is none."""

    image_id: str
    """Hash of the bytes; of the URI where the bytes could not be read."""
    uri: str
    """Where the bytes are: a path or fsspec URL, ``a.tar#offset=…`` or ``a.parquet#row=…``."""
    width: Int32 | None = None
    """Pixels, after EXIF orientation."""
    height: Int32 | None = None
    """Pixels, after EXIF orientation."""
    format: str | None = None
    """JPEG, PNG, WEBP, … as found in the bytes, whatever the name says."""
    mode: str | None = None
    """Colour mode in the file (RGB, CMYK, I;16, …); pixels are always handed on as RGB."""
    byte_size: int | None = None
    """Bytes of the encoded image."""
    perceptual_hash: str | None = None
    """pHash, 64 bits as 16 hexadecimal digits."""
    mirrored_hash: str | None = None
    """pHash of the image mirrored left to right."""
    caption: str | None = None
    """What the corpus itself says of the image (the .txt or .json member of a WebDataset key)."""
    licence: str | None = None
    """Licence given by the corpus, if any."""
    origin: str | None = None
    """Page, video and time, or archive member the image came from, if the corpus tells."""
    error_code: str | None = None
    """Why the file is no usable image; None for a good one."""
    error: str | None = None
    """The same in words."""

    @property
    def usable(self) -> bool:
        return self.error_code is None


def image_id_of(encoded: bytes) -> str:
    """Id of an image: the hash of its encoded bytes."""
    return content_id("image", encoded)
