"""What models said of an annotation when they were asked again, as numbers by annotation."""

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from pairset.rows.tables import stream_rows
from review.opinions.agreement_measures import chrf_to

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROWS_AT_ONCE = 10_000
_PROBED = """
    WITH said AS (
        SELECT *, list_avg(logprobs) AS mean FROM probes WHERE error_code IS NULL
    ), by_witness AS (
        SELECT annotation_id, model, adapter, avg(p_yes) AS p_yes, avg(direction) AS direction,
            list(edit_type) FILTER (kind = 'sample') AS types,
            list(instruction_en) FILTER (kind = 'sample') AS texts,
            avg(mean) FILTER (kind = 'as_it_is') AS other_mean,
            avg(mean) FILTER (kind = 'swapped') AS swapped,
            avg(mean) FILTER (kind = 'source_twice') AS source_twice,
            avg(mean) FILTER (kind = 'blank_target') AS blank_target
        FROM said GROUP BY annotation_id, model, adapter
    ), beside AS (
        -- Of its author the annotation itself says how likely it was.
        SELECT w.*, a.edit_type, a.instruction_en, coalesce(other_mean, CASE
            WHEN w.model = a.model AND w.adapter IS NOT DISTINCT FROM a.adapter
            THEN list_avg(a.logprobs_en) END) AS own
        FROM by_witness w JOIN annotations a USING (annotation_id)
    )
    SELECT annotation_id, any_value(edit_type) AS edit_type,
        any_value(instruction_en) AS instruction_en,
        avg(p_yes) AS critic_yes, avg(other_mean) AS other_mean, avg(direction) AS direction,
        avg(own - swapped) AS gap_swapped, avg(own - source_twice) AS gap_source_twice,
        avg(own - blank_target) AS gap_blank_target,
        flatten(list(types) FILTER (types IS NOT NULL)) AS types,
        flatten(list(texts) FILTER (texts IS NOT NULL)) AS texts
    FROM beside GROUP BY annotation_id
"""
_READ = (
    *("critic_yes", "other_mean", "direction"),
    *("gap_swapped", "gap_source_twice", "gap_blank_target"),
)


def read_probed(tables: "DuckDBPyConnection") -> dict[str, dict[str, float | None]]:
    """Numbers of the full tier, by annotation id; means where several models were asked.

    Raises MissingExtraError without sacrebleu where samples say something else than the annotation.
    """
    return {
        row["annotation_id"]: {name: row[name] for name in _READ}
        | {
            "sample_type_agreement": _share(row["edit_type"], row["types"]),
            "sample_chrf": _chrf(row["instruction_en"], row["texts"]),
        }
        for row in stream_rows(tables, _PROBED, _ROWS_AT_ONCE)
    }


def _share(edit_type: str, types: Sequence[str] | None) -> float | None:
    return fmean(each == edit_type for each in types) if types else None


def _chrf(instruction: str, texts: Sequence[str] | None) -> float | None:
    return fmean(chrf_to(instruction, texts, "en")) if texts else None
