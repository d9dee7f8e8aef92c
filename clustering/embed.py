"""Embed: every usable image becomes a unit vector of the chosen encoder.

While the model works on one batch, a thread opens and prepares the next.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from clustering.earlier_runs.known_vectors import read_vectors
from clustering.encoders import Encoder, load_encoder, parse_encoder
from clustering.encoders.protocol import Prepared
from clustering.settings import MineSettings
from pairset.decoding import ImageError, decode
from pairset.formats.jpegs import LeastSides
from pairset.records import Embedding, Image, rows_of, table_of
from pairset.rows.places import PlacedImage
from pairset.rows.planned import standing_images
from pairset.running.shards import Counts, ShardSpec
from pairset.store import PairSet

_SPARE = 2
"""Times the side a model looks at: reduced further, a JPEG's vector begins to differ."""


@dataclass(frozen=True, slots=True)
class EmbedInputs:
    """What one shard of embeddings is made from, beside the shard of images of its name."""

    known_in: tuple[str, ...] = ()
    """Shards of embeddings that hold vectors of some of its images."""


def run_shard(spec: ShardSpec) -> Counts:
    """Embed the usable images of one shard of images; copies within it once."""
    settings = MineSettings.model_validate_json(spec.settings)
    earlier = spec.inputs_as(EmbedInputs).known_in
    placed = placed_in(PairSet(spec.set_url), spec.shard)
    known = {row.image_id: row for row in read_vectors(spec.output(), earlier, list(placed))}
    encoder = load_encoder(parse_encoder(settings.encoder, settings.dtype))
    start = time.perf_counter()
    images = [image for image_id, image in placed.items() if image_id not in known]
    batches = Batches(encoder, images, settings.batch_size)
    new = {row.image_id: row for batch in batches for row in embed(encoder, batch)}
    seconds = time.perf_counter() - start
    rows = [known.get(image_id) or new[image_id] for image_id in placed]
    spec.output().write(spec.shard, table_of(Embedding, rows))
    failures = sum(row.vector is None for row in rows)
    return Counts(len(rows), failures, seconds, batches.waited_seconds)


def placed_in(pair_set: PairSet, shard: str) -> dict[str, PlacedImage]:
    """The usable images of one shard, with their places there; files read again later are not."""
    uris: dict[str, list[str]] = {}
    for image in rows_of(Image, standing_images(pair_set, shard)):
        if image.usable:
            uris[image.image_id] = [*uris.pop(image.image_id, ()), image.uri]
    return {image_id: PlacedImage(image_id, tuple(places)) for image_id, places in uris.items()}


Loaded = tuple[PlacedImage, Prepared | ImageError]
"""An image and what the model is fed for it, or why there is nothing."""


def embed(encoder: Encoder, batch: Sequence[Loaded]) -> Iterator[Embedding]:
    """One row per image, in order; of one that can no longer be read, with the error."""
    ready = [loaded for _, loaded in batch if not isinstance(loaded, ImageError)]
    vectors = iter(encoder.encode(ready)) if ready else iter(())
    for image, loaded in batch:
        if isinstance(loaded, ImageError):
            yield Embedding(str(image.image_id), None, loaded.code, str(loaded))
        else:
            yield Embedding(str(image.image_id), next(vectors).astype("float16"))


@dataclass
class Batches:
    """Images in batches, each loaded while the one before is at work."""

    encoder: Encoder
    images: Sequence[PlacedImage]
    size: int
    waited_seconds: float = 0.0
    """How long the model had nothing to do."""

    def __iter__(self) -> Iterator[list[Loaded]]:
        starts = range(0, len(self.images), self.size)
        coming: deque[Future[list[Loaded]]] = deque()
        with ThreadPoolExecutor(1) as reader:
            for start in starts:
                coming.append(reader.submit(self._load, self.images[start : start + self.size]))
                if len(coming) > 1:
                    yield self._arrived(coming.popleft())
            while coming:
                yield self._arrived(coming.popleft())

    def _arrived(self, batch: "Future[list[Loaded]]") -> list[Loaded]:
        start = time.perf_counter()
        try:
            return batch.result()
        finally:
            self.waited_seconds += time.perf_counter() - start

    def _load(self, part: Sequence[PlacedImage]) -> list[Loaded]:
        return [(image, _loaded(self.encoder, image)) for image in part]


def _loaded(encoder: Encoder, image: PlacedImage) -> Prepared | ImageError:
    least = _SPARE * encoder.side
    try:
        return encoder.prepare(decode(image.read(), least_sides=LeastSides(least, least)))
    except ImageError as error:
        return error
