"""With exemplars and without: what reviewed pairs in the prompt are worth to the starter.

    python -m benchmarks.loop --out FOLDER
    python -m benchmarks.exemplars FOLDER [--seeds 0 1 2] [--exemplars 1]

Takes the sets that `make loop` leaves: mined, reviewed, and an adapter trained without exemplars.
Beside it another one is trained with them, everything else equal, and asked both ways about the
scenes nobody trained on. The last line is one JSON object.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.loop import HELD_OUT_SHARE, RESAMPLES, SUPERVISED, TRAINING, annotate, pairset
from finetune.measures.intervals import Estimate, SceneBootstrap
from pairset.rows.tables import connect_tables
from pairset.store import open_set

SHOWN = "shown"
"""Name of the adapter that is trained with exemplars."""
WAYS = {
    "trained_and_asked_without": (SUPERVISED, False),
    "trained_with_asked_without": (SHOWN, False),
    "trained_and_asked_with": (SHOWN, True),
}
"""Adapter, and whether it was shown exemplars when it was asked."""
BASELINE = "trained_and_asked_without"

_EVALUATED = """
    SELECT e.adapter, coalesce(len(a.exemplars), 0) > 0, e.pair_id, e.scene,
        e.exact_en, e.exact_zh, e.edit_type_right
    FROM evaluations e JOIN all_annotations a USING (annotation_id) ORDER BY e.pair_id
"""


@dataclass(frozen=True)
class Answer:
    """What one adapter was right about, asked in one way about one held-out pair."""

    adapter: str
    with_exemplars: bool
    pair: str
    scene: str
    exact_en: bool
    exact_zh: bool
    edit_type_right: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what benchmarks.loop left with --out")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--exemplars", type=int, default=1)
    options = parser.parse_args()
    start = time.monotonic()
    answers = [
        answer
        for seed in options.seeds
        for answer in run(options.folder / f"seed-{seed}" / "set", seed, options.exemplars)
    ]
    seconds = round(time.monotonic() - start)
    said = {"exemplars": options.exemplars, "seeds": options.seeds, "seconds": seconds}
    print(json.dumps(figures_of(answers) | said))


def run(pair_set: Path, seed: int, exemplars: int) -> list[Answer]:
    """Train with exemplars on one set, ask both ways, and measure."""
    split = ["--held-out-share", HELD_OUT_SHARE, "--split-seed", str(seed)]
    shown = ["--exemplars", str(exemplars)]
    named = ["--model", "starter", "--name", SHOWN, "--seed", str(seed)]
    pairset("train", str(pair_set), *named, *TRAINING[SUPERVISED], *split, *shown)
    for words in ([], shown):
        annotate(str(pair_set), "--adapter", SHOWN, "--engine", "transformers", *words)
    pairset("evaluate", str(pair_set), *split, "--adapters", json.dumps([SUPERVISED, SHOWN]))
    with connect_tables(open_set(str(pair_set))) as tables:
        rows = tables.execute(_EVALUATED).fetchall()
    return [
        Answer(adapter, was_shown, f"{seed} {pair}", f"{seed} {scene}", *right)
        for adapter, was_shown, pair, scene, *right in rows
    ]


def figures_of(answers: Sequence[Answer]) -> dict[str, Any]:
    """Shares over all seeds and differences to the baseline, with 95 % intervals over scenes."""
    ways = {
        way: [each for each in answers if (each.adapter, each.with_exemplars) == asked]
        for way, asked in WAYS.items()
    }
    before = ways[BASELINE]
    bootstrap = SceneBootstrap([each.scene for each in before], RESAMPLES, seed=0)
    figures: dict[str, Any] = {"pairs": len(before), "scenes": bootstrap.scenes}
    for way, rows in ways.items():
        assert [row.pair for row in rows] == [row.pair for row in before]
        exact = bootstrap.share([row.exact_en for row in rows])
        gained = bootstrap.mean(
            [row.exact_en - one.exact_en for row, one in zip(rows, before, strict=True)]
        )
        figures[way] = {
            "exact_en": _rounded(exact),
            "gained": _rounded(gained),
            "exact_zh": _share([row.exact_zh for row in rows]),
            "edit_type": _share([row.edit_type_right for row in rows]),
        }
    return figures


def _share(right: Sequence[bool]) -> float | None:
    return round(sum(right) / len(right), 3) if right else None


def _rounded(estimate: Estimate | None) -> list[float | None] | None:
    """Value, low and high."""
    if estimate is None:
        return None
    ends = estimate.value, estimate.low, estimate.high
    return [None if value is None else round(value, 3) for value in ends]


if __name__ == "__main__":
    main()
