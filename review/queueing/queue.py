"""The annotations that triage queued for a person, with all that a task shows of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from pairset.errors import MissingStageError
from pairset.records import Annotation, Pair
from pairset.records.annotation import TOKEN_EVIDENCE
from pairset.rows.tables import connect_tables, stream_rows
from pairset.store import PairSet
from review.form.task import Wording

R = TypeVar("R", Pair, Annotation)

_VERSION_DIGITS = 6

_QUEUED = f"""
    SELECT a, p, i.width, i.height, c.wordings
    FROM triage t
    JOIN (SELECT * EXCLUDE ({", ".join(TOKEN_EVIDENCE)}, raw_reply)
          FROM annotations) a USING (annotation_id)
    JOIN (FROM pairs WHERE status = 'kept') p ON p.pair_id = t.pair_id
    LEFT JOIN (SELECT image_id, any_value(width) AS width, any_value(height) AS height
               FROM images GROUP BY image_id) i ON i.image_id = p.source_id
    LEFT JOIN (SELECT pair_id, list([instruction_en, instruction_zh]
                                    ORDER BY confidence DESC NULLS LAST, annotation_id) AS wordings
               FROM all_annotations
               WHERE instruction_en <> ''
                 AND pair_id IN (SELECT pair_id FROM triage WHERE queue IN ('review', 'audit'))
               GROUP BY pair_id) c ON c.pair_id = t.pair_id
    WHERE t.queue IN ('review', 'audit') ORDER BY t.place
"""  # noqa: S608 - columns are constants of the record


@dataclass(frozen=True, slots=True)
class Queued:
    """One pair to review."""

    pair: Pair
    annotation: Annotation
    source_size: tuple[int, int] | None
    """Width and height of the source; None where it was never scanned."""
    wordings: Sequence[Wording] = ()
    """What every model, adapter and prompt said of the pair, the surest first."""

    @property
    def model_version(self) -> str:
        return model_version_of(self.annotation)


def model_version_of(annotation: Annotation) -> str:
    """What Label Studio calls the annotator. No comma: it lists versions with commas."""
    adapter = f" + {annotation.adapter}" if annotation.adapter else ""
    prompt = annotation.prompt_id[:_VERSION_DIGITS]
    return f"{annotation.model}{adapter} · {prompt}".replace(",", ";")


def read_queue(pair_set: PairSet) -> Iterator[Queued]:
    """The queued annotations, the most useful first.

    Raises MissingStageError before ``pairset triage`` has run.
    """
    if pair_set.current("triage") is None:
        raise MissingStageError(
            f"{pair_set.url} has not been sorted yet. Do that with: pairset triage {pair_set.url}"
        )
    with connect_tables(pair_set) as tables:
        yield from map(_queued, stream_rows(tables, _QUEUED))


def _queued(row: dict[str, Any]) -> Queued:
    size = (row["width"], row["height"]) if row["width"] and row["height"] else None
    wordings = [Wording(*words) for words in row["wordings"] or ()]
    return Queued(_record(Pair, row["p"]), _record(Annotation, row["a"]), size, wordings)


def _record(record_type: type[R], row: dict[str, Any]) -> R:
    names = {field.name for field in fields(record_type)}
    return record_type(**{name: value for name, value in row.items() if name in names})
