"""Image files: one image each."""

from collections.abc import Iterator, Mapping
from typing import IO

from pairset.decoding import ENCODED_LIMIT_BYTES, ImageError, ImageErrorCode
from pairset.files.uris import open_file
from pairset.formats.image_formats import IMAGE_SUFFIXES, is_image_name
from pairset.sources.found import Found, PassedOver
from pairset.sources.protocol import Extent, ReadOptions, SourceKind


class ImageFiles(SourceKind):
    """Files that are images by their name, and any other file that a URI without fragment names."""

    name = "file"
    suffixes = tuple(sorted(IMAGE_SUFFIXES))
    is_single = True

    def takes(self, file_name: str) -> bool:
        """Also the empty name, of a folder that cannot be listed: its row will say so."""
        return not file_name or is_image_name(file_name)

    def images(
        self, uri: str, extent: Extent, options: ReadOptions
    ) -> Iterator[Found | PassedOver]:
        yield self.found(uri)

    def read(self, container: str, place: Mapping[str, str]) -> bytes:
        with open_file(container) as file:
            return limited_bytes(file, container)


def limited_bytes(file: IO[bytes], name: str, size: int = ENCODED_LIMIT_BYTES + 1) -> bytes:
    """The next bytes of an open file, at most ``size``.

    Raises ImageError where they are over ENCODED_LIMIT_BYTES; its message begins with the name.
    """
    content = bytes(file.read(size))
    if len(content) > ENCODED_LIMIT_BYTES:
        message = f"{name}: over the limit of {ENCODED_LIMIT_BYTES} bytes"
        raise ImageError(ImageErrorCode.TOO_LARGE, message)
    return content


FILES = ImageFiles()
