"""Files whose reading failed in a way that may have passed: a share away, a copy under way."""

import os
from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from clustering.corpus.scan_plan import Planned
from pairset.decoding import ImageErrorCode
from pairset.files.uris import container_of, local_path
from pairset.records.pair import PairStatus
from pairset.store import PairSet

_PASSING = pa.array([ImageErrorCode.MISSING, ImageErrorCode.UNREADABLE, ImageErrorCode.CHANGED])


def unread_files(pair_set: PairSet, embedding_key: str, planned: Mapping[str, Planned]) -> set[str]:
    """Those of the planned files that scan, embedding or gates could not read, and now may.

    Only what the newest plan says of a file counts. One that still cannot be opened is left out.
    """
    named = {*_unscanned(pair_set, planned), *_without_vector(pair_set, embedding_key, planned)}
    named |= {uri for uri in _uncompared(pair_set) if uri in planned}
    return {uri for uri in named if _opens(uri)}


def _unscanned(pair_set: PairSet, planned: Mapping[str, Planned]) -> Iterator[str]:
    images = pair_set.stage("images")
    for shard in images.shards():
        table = images.read(shard, ["uri", "error_code"])
        failed = table.filter(pc.is_in(table["error_code"], value_set=_PASSING))
        yield from _newest(failed, shard, planned)


def _without_vector(
    pair_set: PairSet, embedding_key: str, planned: Mapping[str, Planned]
) -> Iterator[str]:
    embeddings, images = pair_set.stage("embeddings", embedding_key), pair_set.stage("images")
    scanned = set(images.shards())
    for shard in embeddings.shards():
        table = embeddings.read(shard, ["image_id", "error_code"])
        failed = table.filter(pc.is_in(table["error_code"], value_set=_PASSING))["image_id"]
        if len(failed) and shard in scanned:
            rows = images.read(shard, ["image_id", "uri"])
            rows = rows.filter(pc.is_in(rows["image_id"], value_set=failed.combine_chunks()))
            yield from _newest(rows, shard, planned)


def _newest(rows: pa.Table, shard: str, planned: Mapping[str, Planned]) -> Iterator[str]:
    for uri in rows["uri"].to_pylist():
        file = container_of(uri)
        if file in planned and shard in planned[file].shards:
            yield file


def _uncompared(pair_set: PairSet) -> Iterator[str]:
    pairs = pair_set.current("pairs")
    if pairs is None:
        return
    for table in pairs.tables(["source_uri", "target_uri", "status"]):
        failed = table.filter(pc.equal(table["status"], PairStatus.UNREADABLE))
        for name in ("source_uri", "target_uri"):
            yield from map(container_of, failed[name].to_pylist())


def _opens(uri: str) -> bool:
    """Whether a local file can be opened; of others only reading them tells."""
    path = local_path(uri)
    if path is None:
        return True
    if not os.path.isfile(path):  # a pipe would wait
        return False
    try:
        with open(path, "rb"):
            return True
    except OSError:
        return False
