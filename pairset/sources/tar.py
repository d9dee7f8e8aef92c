"""Images of WebDataset tars: members that are images by their name, and the texts beside them."""

import posixpath
import tarfile
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import IO

from pairset.decoding import ENCODED_LIMIT_BYTES, ImageError, ImageErrorCode
from pairset.files.uris import open_file, place_uri
from pairset.formats.image_formats import IMAGE_SUFFIXES
from pairset.sources.captions import SIDECAR_LIMIT_BYTES, said_beside
from pairset.sources.files import limited_bytes
from pairset.sources.found import Found, PassedOver
from pairset.sources.protocol import Extent, ReadOptions, SourceKind
from pairset.sources.tar_members import Member, TarWalk, is_header
from pairset.text import storable

_SIDECARS = frozenset({".txt", ".json"})
_SIDECARS_PER_KEY = 4
_LINKS_PER_MEMBER = 16
"""So many links to one member are images of their own: ten thousand would be a bomb."""
_LINKS_FOLLOWED = 8

_COMPRESSED = {
    b"\x1f\x8b": "gunzip",
    b"BZh": "bunzip2",
    b"\xfd7zXZ\x00": "unxz",
    b"\x28\xb5\x2f\xfd": "unzstd",
    b"\x04\x22\x4d\x18": "unlz4",
    b"PK\x03\x04": "unzip",
    b"7z\xbc\xaf\x27\x1c": "7z x",
}
"""How files of each kind begin, and the command that unpacks them."""


class Tars(SourceKind):
    """WebDataset tars. URIs say where a member lies, so that it is read without a walk."""

    name = "tar"
    suffixes = (".tar", ".tgz", *(f".tar.{packed}" for packed in ("gz", "bz2", "xz", "zst", "lz4")))

    def owns(self, place: Mapping[str, str]) -> bool:
        return "offset" in place

    def images(
        self, uri: str, extent: Extent, options: ReadOptions
    ) -> Iterator[Found | PassedOver]:
        """Images, each with what the .txt and .json members of its key say.

        A damaged archive gives all good members, then one Found with the error.
        """
        try:
            with open_file(uri) as file:
                yield from _found_in(uri, file)
        except (OSError, ValueError) as error:
            is_missing = isinstance(error, FileNotFoundError)
            code = ImageErrorCode.MISSING if is_missing else ImageErrorCode.UNREADABLE
            yield Found(uri, ImageError(code, f"{uri}: {error}"))

    def read(self, container: str, place: Mapping[str, str]) -> bytes:
        most = ENCODED_LIMIT_BYTES + 1
        offset, size = int(place.get("offset", 0)), int(place.get("size", most))
        if offset < 0 or not 0 <= size <= most:
            raise ValueError(f"no file has {size} bytes of an image at {offset}")
        with open_file(container) as file:
            file.seek(offset)
            return limited_bytes(file, container, size)


def member_uri(container: str, name: str, offset: int, size: int) -> str:
    """URI of an uncompressed member, readable without walking the archive."""
    return place_uri(container, {"offset": offset, "size": size, "name": name})


def _found_in(uri: str, file: IO[bytes]) -> Iterator[Found | PassedOver]:
    beginning = file.read(tarfile.BLOCKSIZE)
    refusal = _refusal(uri, beginning)
    if refusal is not None:
        yield Found(uri, refusal)
        return
    walk = TarWalk(file)
    archive = _Archive(uri, file, list(walk))
    yield from archive.images()
    if walk.damage:
        yield Found(uri, _damage_error(uri, walk, bool(archive.members)))
    if archive.passed_over:
        yield PassedOver(archive.passed_over)


def _refusal(uri: str, beginning: bytes) -> ImageError | None:
    """Why a file is no tar that could be read from the middle, by how it begins."""
    if not beginning:
        return ImageError(ImageErrorCode.EMPTY, f"{uri}: the file is empty")
    command = next((c for magic, c in _COMPRESSED.items() if beginning.startswith(magic)), None)
    if command is None or is_header(beginning):
        return None
    message = (
        f"{uri}: a compressed archive, which cannot be read from the middle. "
        f"Unpack it to a .tar first ({command})"
    )
    return ImageError(ImageErrorCode.UNREADABLE, message)


def _damage_error(uri: str, walk: TarWalk, has_members: bool) -> ImageError:
    places = f"{walk.damaged_places} places, " if walk.damaged_places > 1 else ""
    kind = "damaged tar" if has_members else "no readable tar"
    message = f"{uri}: {kind}: {places}{'; '.join(walk.damage)}"
    return ImageError(ImageErrorCode.UNREADABLE, storable(message))


class _Archive:
    """The members of one tar, by what they are for."""

    def __init__(self, uri: str, file: IO[bytes], members: list[Member]) -> None:
        self.members = members
        self.passed_over = 0
        self._uri, self._file = uri, file
        self._images: list[Member] = []
        self._beside: dict[str, list[Member]] = defaultdict(list)
        for member in members:
            suffix = PurePosixPath(member.name).suffix.lower()
            if member.kind == tarfile.DIRTYPE:
                continue
            if suffix in IMAGE_SUFFIXES:
                self._images.append(member)
            elif suffix in _SIDECARS and member.is_file:
                self._beside[_key(member.name)].append(member)
            else:
                self.passed_over += 1
        self._said: dict[str, dict[str, str | None]] = {}
        self._left_out: list[str] = []

    def images(self) -> Generator[Found, None, None]:
        links: Counter[int] = Counter()
        for member in self._images:
            target = self._followed(member)
            if target is not None and target is not member:
                links[target.offset] += 1
                if links[target.offset] > _LINKS_PER_MEMBER:
                    continue
            yield self._found(member, target)
        if self._left_out:
            message = (
                f"{self._uri}: {len(self._left_out)} texts are over the limit of "
                f"{SIDECAR_LIMIT_BYTES} bytes or sparse, such as {self._left_out[0]}"
            )
            yield Found(self._uri, ImageError(ImageErrorCode.TOO_LARGE, message))
        if more := sum(max(0, count - _LINKS_PER_MEMBER) for count in links.values()):
            message = f"{self._uri}: {more} links beyond {_LINKS_PER_MEMBER} to one member"
            yield Found(self._uri, ImageError(ImageErrorCode.TOO_LARGE, message))

    def _found(self, member: Member, target: Member | None) -> Found:
        name = storable(member.name)
        if target is None:
            place = member_uri(self._uri, member.name, member.offset, 0)
            message = f"{name}: a link to {storable(member.link)}, which is no file of this archive"
            return Found(place, ImageError(ImageErrorCode.MISSING, message))
        place = member_uri(self._uri, member.name, target.offset, target.size)
        origin: dict[str, str | None] = {"origin": name}
        return Found(place, self._content(name, target), origin | self._said_of(member.name))

    def _content(self, name: str, member: Member) -> bytes | ImageError:
        if not member.is_file:
            return ImageError(ImageErrorCode.UNREADABLE, f"{name}: the member is no regular file")
        if member.is_sparse:
            message = f"{name}: the member is sparse. Pack the archive again with whole files"
            return ImageError(ImageErrorCode.UNREADABLE, message)
        if member.size > ENCODED_LIMIT_BYTES:
            message = f"{name}: {member.size} bytes are over the limit of {ENCODED_LIMIT_BYTES}"
            return ImageError(ImageErrorCode.TOO_LARGE, message)
        content = self._read(member)
        return content or ImageError(ImageErrorCode.EMPTY, f"{name}: the member is empty")

    def _read(self, member: Member) -> bytes:
        self._file.seek(member.offset)
        return self._file.read(member.size)

    def _said_of(self, name: str) -> dict[str, str | None]:
        key = _key(name)
        if key not in self._said:
            readable: dict[str, list[bytes]] = {suffix: [] for suffix in _SIDECARS}
            for member in self._beside.get(key, [])[-_SIDECARS_PER_KEY:]:
                if member.size > SIDECAR_LIMIT_BYTES or member.is_sparse:
                    self._left_out.append(storable(member.name))
                else:
                    suffix = PurePosixPath(member.name).suffix.lower()
                    readable[suffix].append(self._read(member))
            self._said[key] = said_beside(readable[".txt"], readable[".json"])
        return self._said[key]

    def _followed(self, member: Member) -> Member | None:
        """The member whose bytes a link stands for; None where the archive has no such."""
        found: Member | None = member
        for _ in range(_LINKS_FOLLOWED):
            if found is None or found.kind not in (tarfile.LNKTYPE, tarfile.SYMTYPE):
                return found
            folder = posixpath.dirname(found.name) if found.kind == tarfile.SYMTYPE else ""
            found = self._by_name.get(posixpath.normpath(posixpath.join(folder, found.link)))
        return None

    @cached_property
    def _by_name(self) -> dict[str, Member]:
        return {posixpath.normpath(member.name): member for member in self.members}


def _key(name: str) -> str:
    """WebDataset: all up to the first dot of the file name."""
    folder, _, base = name.rpartition("/")
    return f"{folder}/{base.split('.', 1)[0]}"


TARS = Tars()
