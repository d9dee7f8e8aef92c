"""The evidence and the verdicts of a set, read by joins over its tables."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from pairset.rows.scenes import scenes_of
from pairset.rows.tables import connect_tables, kept_places, stream_rows
from pairset.store import PairSet
from review.calibration.evidence import PROBES, Evidence
from review.calibration.probed import read_probed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS_AT_ONCE = 10_000

_EVIDENCE = r"""
    SELECT annotation_id, a.pair_id, edit_type, confidence,
        confidence * exp(
            coalesce(list_sum(logprobs_zh), 0) + coalesce(list_sum(logprobs_inverse_en), 0)
            + coalesce(list_sum(logprobs_inverse_zh), 0) + coalesce(list_sum(logprobs_edit_type), 0)
        ) AS reply_probability,
        list_avg(logprobs_en) AS mean_en, list_min(logprobs_en) AS min_en,
        exp(list_sum(logprobs_zh)) AS probability_zh,
        list_avg(logprobs_zh) AS mean_zh, list_min(logprobs_zh) AS min_zh,
        abs(list_avg(logprobs_en) - list_avg(logprobs_zh)) AS language_gap,
        list_avg(logprobs_inverse_en) AS mean_inverse_en,
        list_min(logprobs_inverse_en) AS min_inverse_en,
        list_avg(logprobs_inverse_zh) AS mean_inverse_zh,
        list_min(logprobs_inverse_zh) AS min_inverse_zh,
        abs(list_avg(logprobs_en) - list_avg(logprobs_inverse_en)) AS inverse_gap,
        len(list_intersect(words, words_back))
            / nullif(len(list_distinct(words || words_back)), 0) AS inverse_overlap,
        list_avg(logprobs_edit_type) AS mean_edit_type,
        change_fraction, change_components, change_largest,
        (change_box[3] - change_box[1]) * (change_box[4] - change_box[2])
            / nullif(i.width * i.height, 0) AS box_share,
        color_difference, tone_shift, background_shift,
        0.299 * color_shift[1] + 0.587 * color_shift[2] + 0.114 * color_shift[3] AS light_shift,
        color_shift[1] - color_shift[3] AS warmth_shift, chroma_shift, contrast_ratio, detail_ratio,
        similarity, ssim, structure_correlation, unexplained, unexplained_backwards, leftover,
        list_distance(alignment::DOUBLE[], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]) AS moved
    FROM (SELECT *, regexp_extract_all(lower(instruction_en), '\w+') AS words,
                 regexp_extract_all(lower(inverse_en), '\w+') AS words_back FROM annotations) a
    JOIN (FROM pairs WHERE status = 'kept') p USING (pair_id)
    LEFT JOIN (SELECT image_id, any_value(width) AS width, any_value(height) AS height
               FROM images GROUP BY image_id) i ON i.image_id = p.source_id
    WHERE a.error_code IS NULL AND instruction_en IS NOT NULL
        AND is_changed IS DISTINCT FROM false AND confidence IS NOT NULL
    ORDER BY annotation_id
"""
_OUTCOMES = """
    SELECT annotation_id,
        bool_and(decision = 'accept') FILTER (decision IN ('accept', 'fix', 'reject'))
    FROM verdicts WHERE reviewer <> 'auto' AND decision <> 'undecided' GROUP BY annotation_id
"""
_EVIDENCE_NAMES = {field.name for field in fields(Evidence)} - set(PROBES)


@dataclass(frozen=True, slots=True)
class KnownSet:
    """What may be accepted, and what people said of it. The first two have one entry for each."""

    evidence: list[Evidence]
    """Of the annotator that readers follow: with an instruction, a confidence and a kept pair."""
    scenes: list[str]
    outcomes: dict[str, bool | None]
    """By annotation id: accepted unchanged by all who decided, or not; None where all skipped."""


def read_known(pair_set: PairSet) -> KnownSet:
    """Read all of it."""
    with connect_tables(pair_set) as tables:
        scenes = scenes_of(kept_places(tables))
        evidence, places = _evidence(tables, scenes)
        outcomes = dict(tables.execute(_OUTCOMES).fetchall())
    return KnownSet(evidence, places, outcomes)


def _evidence(
    tables: "DuckDBPyConnection", scenes: dict[str, str]
) -> tuple[list[Evidence], list[str]]:
    evidence, places = [], []
    probed = read_probed(tables)
    for row in stream_rows(tables, _EVIDENCE, _ROWS_AT_ONCE):
        places.append(scenes[row["pair_id"]])
        read = {name: row[name] for name in _EVIDENCE_NAMES}
        evidence.append(Evidence(**(read | probed.get(row["annotation_id"], {}))))
    return evidence, places
