"""Embed: every usable image becomes a unit vector of the chosen encoder."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from clustering.encoders import Encoder, load_encoder, parse_encoder
from clustering.settings import MineSettings
from pairset.images import ImageError, open_image
from pairset.records import Embedding, Image, rows_of, table_of
from pairset.shards import Counts, ShardSpec
from pairset.store import PairSet

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


def run_shard(spec: ShardSpec) -> Counts:
    """Embed the usable images of one shard of images; copies within it once."""
    settings = MineSettings.model_validate_json(spec.settings)
    images = rows_of(Image, PairSet(spec.set_url).stage("images").read(spec.inputs[0]))
    usable = {image.image_id: image for image in reversed(list(images)) if image.usable}
    encoder = load_encoder(parse_encoder(settings.encoder))
    rows = list(embed(encoder, list(reversed(usable.values())), settings.batch_size))
    spec.output().write(spec.shard, table_of(Embedding, rows))
    return Counts(len(rows), sum(row.vector is None for row in rows))


def embed(encoder: Encoder, images: Iterable[Image], batch_size: int) -> Iterator[Embedding]:
    """One row per image, in order; of one that can no longer be read, with the error."""
    for batch in _batches(images, batch_size):
        opened = [_opened(image) for image in batch]
        pixels = [each for each in opened if not isinstance(each, ImageError)]
        vectors = iter(encoder.encode(pixels)) if pixels else iter(())
        for image, each in zip(batch, opened, strict=True):
            if isinstance(each, ImageError):
                yield Embedding(image.image_id, None, each.code, str(each))
            else:
                yield Embedding(image.image_id, next(vectors).astype("float16"))


def _batches(images: Iterable[Image], size: int) -> Iterator[Sequence[Image]]:
    waiting: list[Image] = []
    for image in images:
        waiting.append(image)
        if len(waiting) == size:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _opened(image: Image) -> "PillowImage | ImageError":
    try:
        return open_image(image.uri)
    except ImageError as error:
        return error
