"""Scan: the files of the corpus become Image rows, the unreadable ones with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass

from clustering.corpus.listing import SourceKind
from clustering.corpus.perceptual_hashes import perceptual_hashes
from clustering.corpus.scan_plan import Part, read_parts
from clustering.settings import MineSettings
from pairset.decoding import ImageError, decode
from pairset.images import read_bytes
from pairset.records import Image, table_of
from pairset.records.ids import content_id
from pairset.records.image import image_id_of
from pairset.running.shards import Counts, ShardSpec
from pairset.sources import Found, in_parquet, in_tar
from pairset.store import PairSet


def run_shard(spec: ShardSpec) -> Counts:
    """Read every image of one planned shard and write its rows."""
    settings = MineSettings.model_validate_json(spec.settings)
    reading = _Reading(tuple(settings.image_column))
    parts = read_parts(PairSet(spec.set_url), spec.shard)
    rows = [image_row(found) for part in parts for found in reading.found_in(part)]
    spec.output().write(spec.shard, table_of(Image, rows))
    return Counts(len(rows), sum(not row.usable for row in rows), passed_over=reading.passed_over)


@dataclass
class _Reading:
    """What is found in the parts of one shard."""

    image_columns: tuple[str, ...]
    passed_over: int = 0
    """Members of tars that are no images by their name."""

    def found_in(self, part: Part) -> Iterator[Found]:
        if part.kind is SourceKind.TAR:
            self.passed_over += yield from in_tar(part.uri)
        elif part.kind is SourceKind.PARQUET:
            yield from in_parquet(part.uri, part.first_row, part.rows, self.image_columns)
        else:
            yield Found(part.uri, _file_content(part.uri))


def _file_content(uri: str) -> bytes | ImageError:
    try:
        return read_bytes(uri)
    except ImageError as error:
        return error


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
