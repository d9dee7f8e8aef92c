"""The verb ``pairset direction``: annotations with captions → whether images change as they say.

CLIP directional similarity (Gal et al. 2021, arXiv 2108.00946), by which InstructPix2Pix filtered
its pairs (Brooks et al. 2023): the cosine between what changed in the space of images and what
changed in that of captions.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clustering.directional import Described, SpaceOfBoth, compare
from clustering.encoders import parse_encoder
from clustering.encoders.choice import load_text_encoder
from clustering.settings import DirectionSettings
from pairset.locking.locks import writing
from pairset.outcome import Failures, failures_of
from pairset.records import Probe, table_of
from pairset.records.ids import content_id
from pairset.records.probe import ProbeKind, probe_id_of
from pairset.rows.annotations import annotations_to_follow
from pairset.rows.freshness import ANNOTATIONS, complain_of_lags
from pairset.rows.probes import latest_probes
from pairset.rows.tables import connect_tables, stream_rows
from pairset.running.progress import open_bar
from pairset.running.shards import Counts
from pairset.store import Stage, open_set
from pairset.terminal.console import say

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ANNOTATED = """
    SELECT annotation_id, pair_id, prompt_id, source_id, target_id, source_caption, target_caption
    FROM annotations JOIN (FROM pairs WHERE status = 'kept') USING (pair_id)
    WHERE annotations.error_code IS NULL AND is_changed IS DISTINCT FROM false
    ORDER BY annotation_id
"""
_ROWS_AT_ONCE = 10_000


def direction(settings: DirectionSettings) -> None:
    """Compare all annotations that readers follow and that were not compared yet.

    Each shard is there whole or not at all; the same command goes on where another one ended.
    Raises MissingStageError where nothing is annotated, SettingsError for an encoder without a
    text tower that reads English, what loading it raises, and NothingAnsweredError, after all is
    written, where nothing could be compared.
    """
    pair_set = open_set(settings.set_url)
    annotations = annotations_to_follow(pair_set)
    complain_of_lags(pair_set, ANNOTATIONS)
    choice = parse_encoder(settings.encoder, settings.dtype)
    encoder = load_text_encoder(choice)
    stage = pair_set.stage("probes", content_id("direction", annotations.key, choice.key()))
    with writing(pair_set, settings.verb, stage.key):
        pair_set.save_run(f"direction-{stage.key}", settings.model_dump(mode="json"))
        with connect_tables(pair_set) as tables:
            space = SpaceOfBoth(tables, encoder, choice.key(), settings.batch_size)
            pending, failed = _pending(tables, stage, settings.retry_failed)
            say(f"{len(pending)} annotations to compare with their images by {settings.encoder}.")
            counts = _compare_all(space, stage, pending, settings)
    failed += [each.probe_id for each in pending]
    _close(counts, failures_of(stage, "probe_id", failed))


def _close(counts: Counts, failures: Failures) -> None:
    """Say how it ended, and why what failed did; an error where nothing that was asked came out."""
    failed, compared = failures.counts.total(), counts.rows - counts.failures
    words = f"{compared} compared, {failed} without an answer."
    if not failed:
        say(words)
        return
    say(f"{words} Reasons: {failures.in_words}. Compare those again with --retry-failed.")
    if counts.failures == counts.rows > 0:
        raise failures.as_error(f"None of the {counts.rows} annotations was compared")


def _compare_all(
    space: SpaceOfBoth, stage: Stage, pending: Sequence[Described], settings: DirectionSettings
) -> Counts:
    counts = Counts()
    with open_bar("direction", len(pending), "pair") as bar:
        for start in range(0, len(pending), settings.annotations_per_shard):
            shard = pending[start : start + settings.annotations_per_shard]
            counts += _compare(space, stage, shard, settings.encoder)
            bar.update(len(shard))
    return counts


def _pending(
    tables: "DuckDBPyConnection", stage: Stage, retry_failed: bool
) -> tuple[list[Described], list[str]]:
    """What is to be compared, and the probe ids of what failed and is not compared again."""
    compared, pending, failed = latest_probes(stage), [], []
    for row in stream_rows(tables, _ANNOTATED, _ROWS_AT_ONCE):
        probe_id = probe_id_of(stage.key or "", row["annotation_id"], ProbeKind.DIRECTION, 0)
        attempt, has_failed = compared.get(probe_id, (0, False))
        if not attempt or (has_failed and retry_failed):
            pending.append(Described(probe_id=probe_id, attempt=attempt + 1, **row))
        elif has_failed:
            failed.append(probe_id)
    return pending, failed


def _compare(space: SpaceOfBoth, stage: Stage, shard: Sequence[Described], encoder: str) -> Counts:
    """Write one shard: a row for each annotation, with a number or the reason for none."""
    rows = [
        Probe(
            probe_id=each.probe_id,
            annotation_id=each.annotation_id,
            pair_id=each.pair_id,
            kind=ProbeKind.DIRECTION,
            number=0,
            attempt=each.attempt,
            model=encoder,
            adapter=None,
            prompt_id=each.prompt_id,
            engine="encoder",
            direction=found.similarity,
            error_code=found.error_code,
            error=found.error,
        )
        for each, found in zip(shard, compare(space, shard), strict=True)
    ]
    name = content_id("shard", *(f"{row.probe_id}#{row.attempt}" for row in rows))
    stage.write(name, table_of(Probe, rows))
    return Counts(len(rows), sum(not row.succeeded for row in rows))
