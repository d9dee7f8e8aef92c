"""A walk over the headers of a tar that survives damage: what lies where, and what is wrong.

tarfile parses each header, but walks no further than the first damage and believes every size.
Here no size is believed before it is held against the file, and behind damage the next sound header
is looked for. Joined archives (``cat a.tar b.tar``) are walked to the end.
"""

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO

_BLOCK = tarfile.BLOCKSIZE
_ZEROS = bytes(_BLOCK)

METADATA_LIMIT_BYTES = 1 << 20
"""Largest block of metadata (a long name, a PAX header) that is read."""

SEARCH_LIMIT_BYTES = 1 << 30
"""How far behind damage, or behind the end of an archive, the next header is looked for."""

_FIRST_STEP, _LARGEST_STEP = 8 << 10, 1 << 20
_DAMAGE_TOLD = 3
"""Damaged places that are described; of more their number is said."""
_MAGIC_PLACE = 257
_LONG_NAME, _LONG_LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
_METADATA = (_LONG_NAME, _LONG_LINK, *_PAX, tarfile.XGLTYPE)
_WITHOUT_DATA = (
    *(tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE),
    *(tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE),
)
_SPARSE_KEYS = ("GNU.sparse.major", "GNU.sparse.map", "GNU.sparse.size")
_SPARSE_CONTINUED, _SPARSE_BLOCK_CONTINUED = 482, 504


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of a tar; its name may hold halves of surrogate pairs."""

    name: str
    kind: bytes
    """As in the header: b"0" and b"\\0" a file, b"1" a hard link, b"2" a symbolic link, …"""
    offset: int
    """Where its bytes begin in the archive."""
    size: int
    link: str
    is_sparse: bool

    @property
    def is_file(self) -> bool:
        return self.kind in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)


class DamageError(Exception):
    """Something in the archive is not as it should be."""


@dataclass
class TarWalk:
    """Iterating gives the members in order; afterwards ``damage`` says what was wrong."""

    file: IO[bytes]
    damage: list[str] = field(default_factory=list)
    damaged_places: int = 0

    def __iter__(self) -> Iterator[Member]:
        """Every member that lies wholly in the file. Raises OSError."""
        self._end = self.file.seek(0, 2)
        place: int | None = 0
        while place is not None and place < self._end:
            block = self._read(place, _BLOCK)
            if block == _ZEROS:
                place = self._behind_zeros(place)
                continue
            try:
                member, after = self._member(place, block)
            except (DamageError, tarfile.HeaderError, ValueError) as error:
                place = self._behind_damage(place, str(error))
                continue
            yield member
            place = after

    def _behind_zeros(self, place: int) -> int | None:
        """Where the next header begins: zeros end an archive, another may be joined to it."""
        used = self._search(place, any)
        if used is None:
            if self._end > place + SEARCH_LIMIT_BYTES:
                self._note(place, f"zeros for {SEARCH_LIMIT_BYTES} bytes", None)
            return None
        return used if is_header(self._read(used, _BLOCK)) else self._behind_damage(used, "no tar")

    def _behind_damage(self, place: int, what: str) -> int | None:
        found = self._search(place + _BLOCK, is_header)
        self._note(place, what, found)
        return found

    def _note(self, place: int, what: str, found: int | None) -> None:
        self.damaged_places += 1
        if self.damaged_places <= _DAMAGE_TOLD:
            onward = "nothing is read behind it" if found is None else f"goes on at byte {found}"
            self.damage.append(f"damaged at byte {place} ({what}), {onward}")

    def _read(self, place: int, size: int) -> bytes:
        self.file.seek(place)
        return self.file.read(size)

    def _member(self, place: int, block: bytes) -> tuple[Member, int]:
        """The member whose headers begin there, and where the next begin.

        Raises DamageError, or what tarfile raises for a header that is none.
        """
        long: dict[str, str] = {}
        while True:
            header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            if header.size < 0:
                raise DamageError(f"a size of {header.size}")
            place += _BLOCK
            if header.type not in _METADATA:
                return self._placed(header, block, place, long)
            if header.size > METADATA_LIMIT_BYTES:
                limit = f"over the limit of {METADATA_LIMIT_BYTES}"
                raise DamageError(f"{header.size} bytes of metadata, {limit}")
            content = self._read(place, header.size)
            place = _next_block(place + header.size)
            if place >= self._end:
                raise DamageError("the archive ends inside a header")
            if header.type != tarfile.XGLTYPE:
                long |= _said_by(header.type, content)
            block = self._read(place, _BLOCK)

    def _placed(
        self, header: tarfile.TarInfo, block: bytes, place: int, long: dict[str, str]
    ) -> tuple[Member, int]:
        is_sparse = header.type == tarfile.GNUTYPE_SPARSE or any(k in long for k in _SPARSE_KEYS)
        if header.type == tarfile.GNUTYPE_SPARSE:
            place = self._behind_sparse_map(block, place)
        size = _number(long["size"]) if "size" in long else header.size
        name = long.get("GNU.sparse.name", long.get("path", header.name))
        if header.type in _WITHOUT_DATA:
            size = 0
        if place + size > self._end:
            raise DamageError(f"{name[:200]!r} should have {size} bytes, the archive ends before")
        link = long.get("linkpath", header.linkname)
        kind = tarfile.REGTYPE if header.type == tarfile.GNUTYPE_SPARSE else header.type
        return Member(name, kind, place, size, link, is_sparse), _next_block(place + size)

    def _behind_sparse_map(self, block: bytes, place: int) -> int:
        goes_on = block[_SPARSE_CONTINUED]
        while goes_on:
            block = self._read(place, _BLOCK)
            if len(block) < _BLOCK:
                raise DamageError("the archive ends inside a sparse map")
            goes_on = block[_SPARSE_BLOCK_CONTINUED]
            place += _BLOCK
        return place

    def _search(self, place: int, is_wanted: Callable[[bytes], bool]) -> int | None:
        """Where the next block begins that is wanted, None where none is near.

        The first steps are short: an archive with a thousand damaged places is read once.
        """
        limit = min(self._end, place + SEARCH_LIMIT_BYTES)
        step = _FIRST_STEP
        while place < limit:
            blocks = self._read(place, step)
            if blocks.count(0) < len(blocks):
                for offset in range(0, len(blocks), _BLOCK):
                    if is_wanted(blocks[offset : offset + _BLOCK]):
                        return place + offset
            place += step
            step = min(2 * step, _LARGEST_STEP)
        return None


def _next_block(place: int) -> int:
    return -(-place // _BLOCK) * _BLOCK


def is_header(block: bytes) -> bool:
    """Whether a sound header begins there, of any tar since 1988."""
    if not block.startswith(b"ustar", _MAGIC_PLACE):
        return False
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def _said_by(kind: bytes, content: bytes) -> dict[str, str]:
    """What a header says of the member behind it."""
    if kind in _PAX:
        return _pax_records(content)
    text = content.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return {"path" if kind == _LONG_NAME else "linkpath": text}


def _pax_records(content: bytes) -> dict[str, str]:
    """Records of ``LENGTH KEY=VALUE`` and a line feed, where LENGTH counts itself."""
    records: dict[str, str] = {}
    place = 0
    while place < len(content) and content[place]:
        digits = content[place : place + 9].partition(b" ")[0]
        size = _number(digits.decode("latin-1"))
        record = content[place + len(digits) + 1 : place + size - 1]
        key, equals, value = record.partition(b"=")
        if not equals or content[place + size - 1 : place + size] != b"\n":
            raise DamageError("a PAX header that cannot be read")
        records[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        place += size
    return records


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise DamageError(f"{text[:20]!r} where a size should be")
    return int(text)
