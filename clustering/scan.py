"""Scan: the files of the corpus become Image rows, the unreadable ones with the reason."""

import stat
from collections.abc import Iterator
from pathlib import Path

from clustering.containers import Found, in_parquet, in_tar
from clustering.corpus import SourceKind
from clustering.perceptual_hashes import perceptual_hashes
from clustering.plan import Part, read_parts
from pairset.decoding import ImageError, ImageErrorCode, decode
from pairset.ids import content_id
from pairset.images import read_bytes
from pairset.records import Image, table_of
from pairset.records.image import image_id_of
from pairset.shards import Counts, ShardSpec
from pairset.store import PairSet
from pairset.uris import local_path


def run_shard(spec: ShardSpec) -> Counts:
    """Read every image of one planned shard and write its rows."""
    parts = read_parts(PairSet(spec.set_url), spec.shard)
    rows = [image_row(found) for part in parts for found in _found_in(part)]
    spec.output().write(spec.shard, table_of(Image, rows))
    return Counts(len(rows), sum(not row.usable for row in rows))


def _found_in(part: Part) -> Iterator[Found]:
    if part.kind is SourceKind.TAR:
        yield from in_tar(part.uri)
    elif part.kind is SourceKind.PARQUET:
        yield from in_parquet(part.uri, part.first_row, part.rows)
    else:
        yield Found(part.uri, _file_content(part.uri))


def _file_content(uri: str) -> bytes | ImageError:
    try:
        _check_regular(uri)
        return read_bytes(uri)
    except ImageError as error:
        return error


def _check_regular(uri: str) -> None:
    """Refuse closed folders, and pipes, sockets and devices: opening one can wait for ever.

    Raises ImageError.
    """
    path = local_path(uri)
    if path is None:
        return
    try:
        mode = Path(path).stat().st_mode
    except OSError:  # reading it will say why
        return
    if stat.S_ISDIR(mode):
        raise ImageError(ImageErrorCode.UNREADABLE, f"{uri}: the folder cannot be listed")
    if not stat.S_ISREG(mode):
        raise ImageError(ImageErrorCode.UNREADABLE, f"{uri}: not a regular file")


def image_row(found: Found) -> Image:
    """The row of one image; of one that cannot be used, with the error."""
    said = dict(found.said)
    if isinstance(found.content, ImageError):
        return _failed(content_id("uri", found.uri), found.uri, found.content)
    image_id = image_id_of(found.content)
    try:
        decoded = decode(found.content)
    except ImageError as error:
        return _failed(image_id, found.uri, error)
    width, height = decoded.pixels.size
    plain, mirrored = perceptual_hashes(decoded.pixels)
    return Image(
        image_id=image_id,
        uri=found.uri,
        width=width,
        height=height,
        format=decoded.format,
        mode=decoded.mode,
        byte_size=len(found.content),
        perceptual_hash=plain,
        mirrored_hash=mirrored,
        caption=said.get("caption"),
        licence=said.get("licence"),
        origin=said.get("origin"),
    )


def _failed(image_id: str, uri: str, error: ImageError) -> Image:
    return Image(image_id=image_id, uri=uri, error_code=error.code, error=str(error))
