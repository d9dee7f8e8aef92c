"""The demo's figures: read from the set's rows, written to demo.json, and said in words."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairset.app.demo.against_truth import (
    AnnotationFigures,
    Expected,
    KeptPair,
    MiningFigures,
    Reply,
    measure_annotations,
    measure_mining,
)
from pairset.app.demo.truth import Truth
from pairset.errors import MissingStageError
from pairset.records.pair import PairStatus
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet
from pairset.terminal.console import say, say_table

_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DemoFigures:
    """Everything the demo measured."""

    mining: MiningFigures
    annotation: AnnotationFigures
    engine: str
    images: int
    """Usable images, copies included."""
    pairs_kept: int
    pairs_rejected: dict[str, int]
    errors: dict[str, int]
    broken_reported: int
    """Broken files whose row carries the code that was expected."""
    broken: int

    def document(self, seconds: dict[str, float]) -> dict[str, object]:
        """What demo.json holds."""
        return {
            "pair_precision": self.mining.precision,
            "pair_recall": self.mining.recall,
            "kept_by_mistake": self.mining.mistakes,
            "edit_type_accuracy": self.annotation.edit_type_accuracy,
            "exact_en": self.annotation.exact_en,
            "exact_zh": self.annotation.exact_zh,
            "confidence_auroc": self.annotation.confidence_auroc,
            "engine": self.engine,
            "images": self.images,
            "pairs_kept": self.pairs_kept,
            "pairs_rejected": self.pairs_rejected,
            "errors": self.errors,
            "broken_reported": self.broken_reported,
            "broken": self.broken,
            "seconds": seconds,
        }


def read_figures(pair_set: PairSet, corpus: Path, truth: Truth) -> DemoFigures:
    """Measure a demo set. Raises MissingStageError before the pairs are mined."""
    pairs = _pair_rows(pair_set)
    images = [row for table in pair_set.stage("images").tables() for row in table.to_pylist()]
    annotations = latest_annotations(pair_set).to_pylist()
    mining = measure_mining(_kept(pairs, corpus), truth)
    codes = {_name(row["uri"], corpus): row["error_code"] for row in images}
    statuses = Counter(row["status"] for row in pairs)
    failures = [row["error_code"] for row in (*images, *annotations) if row["error_code"]]
    return DemoFigures(
        mining=mining,
        annotation=measure_annotations(mining.found, _replies(annotations)),
        engine=next(iter({row["engine"] for row in annotations}), "none"),
        images=sum(row["error_code"] is None for row in images),
        pairs_kept=statuses.pop(PairStatus.KEPT, 0),
        pairs_rejected=dict(sorted(statuses.items())),
        errors=dict(sorted(Counter(failures).items())),
        broken_reported=sum(codes.get(name) == code for name, code in truth.broken.items()),
        broken=len(truth.broken),
    )


def expected_words(pair_set: PairSet, corpus: Path, truth: Truth) -> dict[str, Expected]:
    """What a perfect annotator says of each planted pair that was mined, by pair id.

    Raises MissingStageError before the pairs are mined.
    """
    found = measure_mining(_kept(_pair_rows(pair_set), corpus), truth).found
    return {expected.pair_id: expected for expected in found}


def _pair_rows(pair_set: PairSet) -> list[_Row]:
    stage = pair_set.current("pairs")
    if stage is None:
        raise MissingStageError(f"{pair_set.url} holds no pairs yet: mine it first.")
    columns = ["pair_id", "source_uri", "target_uri", "status"]
    return [row for table in stage.tables(columns) for row in table.to_pylist()]


def _name(uri: str, corpus: Path) -> str:
    return str(Path(uri).relative_to(corpus.resolve()))


def _kept(pairs: list[_Row], corpus: Path) -> list[KeptPair]:
    return [
        KeptPair(row["pair_id"], _name(row["source_uri"], corpus), _name(row["target_uri"], corpus))
        for row in pairs
        if row["status"] == PairStatus.KEPT
    ]


def _replies(annotations: list[_Row]) -> dict[str, Reply]:
    fields = ("instruction_en", "instruction_zh", "edit_type", "confidence")
    return {row["pair_id"]: Reply(**{name: row[name] for name in fields}) for row in annotations}


def say_figures(figures: DemoFigures, seconds: dict[str, float]) -> None:
    """Print the figures as a person reads them."""
    mining, annotation = figures.mining, figures.annotation
    planted = len(mining.found) + len(mining.missed)
    say(
        f"\npairs: {figures.pairs_kept} kept; {len(mining.found)} of {planted} planted pairs found "
        f"(precision {mining.precision:.3f}, recall {mining.recall:.3f})"
    )
    if mining.mistakes:
        say(f"  kept by mistake: {_listed(mining.mistakes)}")
    for pair in mining.missed:
        say(f"  missed: {pair.kind} from {pair.source} to {pair.target}")
    say(f"  rejected: {_listed(figures.pairs_rejected)}")
    say(f"broken files: {figures.broken_reported} of {figures.broken} reported with their reason")
    say(f"failures by code: {_listed(figures.errors)}")
    say_table(
        f"Instructions of the starter model through {figures.engine}, on the pairs found",
        ["true edit type", "pairs", "type right", "English exact", "Chinese exact"],
        [(kind, *counts) for kind, counts in sorted(annotation.by_edit_type.items())],
    )
    say(
        f"edit type right {_share(annotation.edit_type_accuracy)}, English exactly right "
        f"{_share(annotation.exact_en)}, Chinese {_share(annotation.exact_zh)}; "
        f"AUROC of the confidence {_share(annotation.confidence_auroc)}"
    )
    say("seconds: " + ", ".join(f"{stage} {spent:.1f}" for stage, spent in seconds.items()))


def _share(value: float | None) -> str:
    return "not measurable" if value is None else f"{value:.3f}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
