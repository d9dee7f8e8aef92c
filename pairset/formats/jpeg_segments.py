"""The segments of a JPEG: which of them are the picture, and how many there may be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_START = b"\xff\xd8"
_END, _START_OF_SCAN, _JFIF, _EXIF, _PROFILE, _ADOBE = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
_WITHOUT_LENGTH = frozenset([0x01, *range(0xD0, 0xDA), *range(0xF0, 0xFE)])
_TABLES = frozenset([0xC4, 0xCC, 0xDB, 0xDD])
_FRAMES = frozenset([0xC0, 0xC1, 0xC2, 0xC9, 0xCA])
_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_ANY_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_MOST_SEGMENTS = 10_000
_MOST_JUNK_BYTES = 65_536
_MOST_SCANS = 300
"""Each goes over the whole picture again, however few bytes it has; encoders write about ten."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment, a scan with its data; places in the file."""

    marker: int
    content: int
    """Where it begins after marker and length."""
    end: int


def segments_of(jpeg: bytes) -> Iterator[Segment]:
    """Every segment up to the end of the first picture. Raises ValueError on anything odd."""
    place = len(_START)
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.match(jpeg, place)
        if found is None:
            raise ValueError("no marker where a segment should begin")
        marker = found.group(1)[0]
        if marker == _END:
            return
        content = found.end() + 2
        place = found.end() + int.from_bytes(jpeg[found.end() : content])
        if marker in _WITHOUT_LENGTH or not content <= place <= len(jpeg):
            raise ValueError("a segment that cannot be where it is")
        if marker == _START_OF_SCAN:
            after = _AFTER_SCAN.search(jpeg, place)
            if after is None:
                raise ValueError("a scan without an end")
            place = after.start()
        yield Segment(marker, content, place)
    raise ValueError(f"over {_MOST_SEGMENTS} segments")


def picture_alone(jpeg: bytes) -> bytes:
    """The same picture without what was noted about it, behind it and between its scans.

    Raises ValueError where a segment is of an unknown kind.
    """
    parts = [_START]
    for segment in segments_of(jpeg):
        content = jpeg[segment.content : segment.end]
        if segment.marker == _JFIF and content.startswith(b"JFIF\0"):
            parts.append(_segment(_JFIF, content[:12] + b"\0\0"))  # no thumbnail
        elif segment.marker == _ADOBE and content.startswith(b"Adobe"):
            parts.append(_segment(_ADOBE, content[:12]))
        elif segment.marker in _TABLES | _FRAMES:
            parts.append(_segment(segment.marker, content))
        elif segment.marker == _START_OF_SCAN:
            length = jpeg[segment.content - 2 : segment.content]
            parts += [bytes([0xFF, _START_OF_SCAN]), length, content]
        elif not (0xE0 <= segment.marker <= 0xEF or segment.marker == 0xFE):
            raise ValueError("a segment of a kind that photos do not have")
    return b"".join([*parts, bytes([0xFF, _END])])


def with_few_notes(jpeg: bytes) -> bytes:
    """The same file without the notes that nothing needs: those are no reason to reject it.

    Its first EXIF block, its colour profile and how its colours are stored stay.
    """
    kept = [_START]
    noted = False
    for segment in segments_of(jpeg):
        content = jpeg[segment.content : segment.end]
        is_exif = segment.marker == _EXIF and content.startswith(b"Exif\0\0") and not noted
        is_profile = segment.marker == _PROFILE and content.startswith(b"ICC_PROFILE\0")
        noted |= is_exif
        if segment.marker == _START_OF_SCAN:
            kept.append(jpeg[segment.content - 4 :])
            break
        is_note = 0xE1 <= segment.marker <= 0xED or segment.marker in (0xEF, 0xFE)
        if is_exif or is_profile or not is_note:
            kept.append(_segment(segment.marker, content))
    return b"".join(kept)


def check_effort(jpeg: bytes) -> None:
    """Raise ValueError where reading would take long for reasons other than its pixels.

    Pillow reads a header byte by byte, and every scan goes over the whole picture.
    """
    place, junk = len(_START), 0
    for _ in range(_MOST_SEGMENTS):
        found = _ANY_MARKER.search(jpeg, place)
        if found is None:
            found_at, marker = len(jpeg), _START_OF_SCAN
        else:
            found_at, marker = found.end() - 2, found.group(1)[0]
        junk += found_at - place
        if junk > _MOST_JUNK_BYTES:
            raise ValueError(f"over {_MOST_JUNK_BYTES} bytes of filling before the picture")
        if marker == _START_OF_SCAN:
            break
        place = found_at + 2
        if marker not in _WITHOUT_LENGTH:
            place += int.from_bytes(jpeg[place : place + 2])
    else:
        raise ValueError(f"over {_MOST_SEGMENTS} segments before the picture")
    scans = jpeg.count(bytes([0xFF, _START_OF_SCAN]))
    if scans > _MOST_SCANS:
        raise ValueError(f"{scans} scans; photos have about ten")


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2) + content
