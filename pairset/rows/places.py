"""Where the images of a set lie: an image may have several places, and some may be gone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pairset.images import open_image, open_known_image, read_bytes, read_image
from pairset.records import Example
from pairset.rows.planned import planned_shards, standing_rows
from pairset.rows.tables import connect_tables
from pairset.store import PairSet

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


_ENDS = """
    SELECT source_id, target_id, source_uri, target_uri FROM pairs
    WHERE pair_id IN (SELECT unnest(?))
"""


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """An image and all its places, in the order in which they are tried."""

    image_id: str | None
    """What its bytes must hash to; None where that is not known: they are taken as they are."""
    uris: tuple[str, ...]

    def read(self) -> bytes:
        """Its encoded bytes, from the first place that has them. Raises ImageError."""
        if self.image_id is None:
            return read_bytes(self.uris[0])
        return read_image(self.image_id, self.uris)

    def open(self) -> "PillowImage":
        """Its upright RGB pixels, likewise. Raises ImageError."""
        if self.image_id is None:
            return open_image(self.uris[0])
        return open_known_image(self.image_id, self.uris)


def placed_images(pair_set: PairSet, named: Mapping[str, str]) -> dict[str, PlacedImage]:
    """Images by id, with all places that the set knows: the newest first, the one named last.

    named: by image id a place that some row of the set names.
    """
    known = _known_places(pair_set, named)
    return {
        image_id: PlacedImage(image_id, tuple(dict.fromkeys([*known.get(image_id, ()), uri])))
        for image_id, uri in named.items()
    }


def placed_examples(pair_set: PairSet, examples: Iterable[Example]) -> dict[str, PlacedImage]:
    """The images of reviewed pairs, by the place that the example names.

    Of pairs that the set has no more, that place is the only one.
    """
    chosen = list(examples)
    named: dict[str, str] = {}
    with connect_tables(pair_set) as tables:
        rows = tables.execute(_ENDS, [sorted({each.pair_id for each in chosen})]).fetchall()
    for source_id, target_id, source_uri, target_uri in rows:
        named |= {source_id: source_uri, target_id: target_uri}
    known = placed_images(pair_set, named) if named else {}
    by_uri = {uri: known[image_id] for image_id, uri in named.items()}
    uris = {uri for each in chosen for uri in (each.source_uri, each.target_uri) if uri}
    return {uri: by_uri.get(uri) or PlacedImage(None, (uri,)) for uri in sorted(uris)}


def _known_places(pair_set: PairSet, image_ids: Iterable[str]) -> dict[str, list[str]]:
    wanted = pa.array(sorted(set(image_ids)), pa.string())
    images = pair_set.stage("images")
    planned = planned_shards(images)
    found: list[tuple[int, str, str]] = []
    for shard in images.shards():
        if shard in planned.replaced_wholly:
            continue
        table = images.read(shard, ["image_id", "uri"])
        table = table.filter(pc.is_in(table["image_id"], value_set=wanted))
        table = standing_rows(table, planned.replaced.get(shard, set()))
        rows = zip(table["uri"].to_pylist(), table["image_id"].to_pylist(), strict=True)
        found += [(-planned.plan_of.get(shard, 0), uri, image_id) for uri, image_id in rows]
    places: dict[str, list[str]] = {}
    for _, uri, image_id in sorted(found):
        places.setdefault(image_id, []).append(uri)
    return places
