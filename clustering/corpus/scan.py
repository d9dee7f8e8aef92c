"""Scan: the files of the corpus become Image rows, the unreadable ones with the reason."""

from clustering.corpus.perceptual_hashes import perceptual_hashes
from clustering.corpus.scan_plan import read_parts
from clustering.settings import MineSettings
from pairset.decoding import ImageError, decode
from pairset.records import Image, table_of
from pairset.records.ids import content_id
from pairset.records.image import image_id_of
from pairset.running.shards import Counts, ShardSpec
from pairset.sources import Found, PassedOver, ReadOptions
from pairset.sources.registry import kind_named
from pairset.store import PairSet


def run_shard(spec: ShardSpec) -> Counts:
    """Read every image of one planned shard and write its rows."""
    options = read_options(MineSettings.model_validate_json(spec.settings))
    rows, passed_over = [], 0
    for part in read_parts(PairSet(spec.set_url), spec.shard):
        for found in kind_named(part.kind).walk(part.uri, part.extent, options):
            if isinstance(found, PassedOver):
                passed_over += found.count
            else:
                rows.append(image_row(found))
    spec.output().write(spec.shard, table_of(Image, rows))
    return Counts(len(rows), sum(not row.usable for row in rows), passed_over=passed_over)


def read_options(settings: MineSettings) -> ReadOptions:
    """What the settings say of reading."""
    return ReadOptions(image_columns=tuple(settings.image_column))


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
