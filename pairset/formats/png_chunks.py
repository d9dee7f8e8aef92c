"""The chunks of a PNG: which of them are the picture, and which may be left out."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PROFILE_LIMIT_BYTES = 1 << 20
"""Of an unpacked colour profile, as in Pillow."""
_NOTES_THAT_MATTER = frozenset([b"tRNS", b"eXIf", b"iCCP", b"acTL"])
_MANY = 200
"""Notes; each costs Pillow some time, whatever it holds."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk as it stands in the file."""

    kind: bytes
    content: bytes
    whole: bytes

    @property
    def is_critical(self) -> bool:
        """Whether no reader may pass it over."""
        return not self.kind[0] & 0x20

    @property
    def is_sound(self) -> bool:
        return self.whole[-4:] == zlib.crc32(self.whole[4:-4]).to_bytes(4)


def chunks_of(png: bytes) -> Iterator[Chunk]:
    """Every chunk up to the end of the picture. Raises ValueError where one is cut off."""
    place = len(SIGNATURE)
    while True:
        length = int.from_bytes(png[place : place + 4])
        after = place + 12 + length
        if after > len(png):
            raise ValueError("a chunk is cut off")
        kind = png[place + 4 : place + 8]
        yield Chunk(kind, png[place + 8 : after - 4], png[place:after])
        if kind == b"IEND":
            return
        place = after


def picture_alone(png: bytes) -> bytes:
    """The same picture, 8-bit RGB and not interlaced, and nothing else.

    Raises ValueError where the packed rows are not exactly as many as the picture has, or where
    there are chunks that cannot be left out: something else may be in them.
    """
    chunks = [chunk for chunk in chunks_of(png) if chunk.is_critical]
    kinds = [chunk.kind for chunk in chunks]
    data = kinds.count(b"IDAT")
    if kinds != [b"IHDR", *[b"IDAT"] * data, b"IEND"] or chunks[-1].content:
        raise ValueError("chunks that a plain picture does not have")
    header = chunks[0].content
    if header[8:] != b"\x08\x02\0\0\0":
        raise ValueError("not 8-bit RGB, row after row")
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    unpacker, left = zlib.decompressobj(), height * (1 + 3 * width)
    for chunk in chunks[1:-1]:
        packed = chunk.content
        while packed and not unpacker.eof:
            left -= len(unpacker.decompress(packed, left + 1))
            packed = unpacker.unconsumed_tail
            if left < 0:
                raise ValueError("more rows than the picture has")
        if packed or unpacker.unused_data:
            raise ValueError("data behind the rows")
    if left or not unpacker.eof:
        raise ValueError("fewer rows than the picture has")
    return SIGNATURE + b"".join(chunk.whole for chunk in chunks)


def has_many_notes(png: bytes) -> bool:
    """Whether there are so many chunks beside the picture that reading them takes long."""
    place, notes = len(SIGNATURE), 0
    while place + 8 <= len(png) and notes <= _MANY:
        notes += png[place + 4] >> 5 & 1
        place += 12 + int.from_bytes(png[place : place + 4])
    return notes > _MANY


def with_few_notes(png: bytes) -> bytes:
    """The same file without the chunks that nothing needs, or that are broken or too large.

    Raises ValueError where the file is cut off.
    """
    kept, seen = [SIGNATURE], set()
    for chunk in chunks_of(png):
        if not chunk.is_critical:
            if chunk.kind not in _NOTES_THAT_MATTER or chunk.kind in seen or not chunk.is_sound:
                continue
            seen.add(chunk.kind)
            if chunk.kind == b"iCCP" and not _unpacks(chunk.content):
                continue
        kept.append(chunk.whole)
    return b"".join(kept)


def _unpacks(profile: bytes) -> bool:
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(profile[profile.index(b"\0") + 2 :], PROFILE_LIMIT_BYTES)
    except (ValueError, zlib.error):
        return False
    return unpacker.eof
