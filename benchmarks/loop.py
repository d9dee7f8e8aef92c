"""The loop closed: annotate, review, train, annotate again, measured on scenes nobody trained on.

    python -m benchmarks.loop [--seeds 0 1 2] [--out FOLDER]

Each seed plants another corpus (the demo's photographs; taught edits, and gentler and new ones that
the starter was never taught), and each step is the command a person would type; the reviewer is
simulated and knows what was planted. The last line is one JSON object.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.measures.intervals import SceneBootstrap
from pairset.app.demo.planted_corpus import build_corpus
from pairset.app.demo.planted_figures import expected_words
from pairset.app.demo.reviewer import review_queue
from pairset.app.demo.truth import load_truth
from pairset.rows.tables import connect_tables
from pairset.store import open_set

HELD_OUT_SHARE = "0.4"
SUPERVISED, PREFERENCE = "supervised", "preference"
"""Names of the adapters."""
TRAINING = {
    SUPERVISED: ["--epochs", "14", "--learning-rate", "2e-3"],
    PREFERENCE: ["--epochs", "2", "--learning-rate", "2e-5"],
}
RESAMPLES = 4_000

_EVALUATED = "SELECT adapter, scene, exact_en, exact_zh, edit_type_right FROM evaluations"


@dataclass(frozen=True)
class Answer:
    """What one annotator was right about, on one reviewed pair of a scene nobody trained on."""

    adapter: str | None
    scene: str
    exact_en: bool
    exact_zh: bool
    edit_type_right: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--out", type=Path, help="keep the sets here; default: a temporary folder")
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pairset-loop-") as temporary:
        out = options.out or Path(temporary)
        answers = [answer for seed in options.seeds for answer in run_loop(out, seed)]
    figures = figures_of(answers)
    seconds = round(time.monotonic() - start)
    print(json.dumps(figures | {"seeds": options.seeds, "seconds": seconds}))


def run_loop(out: Path, seed: int) -> list[Answer]:
    """Go round once with one corpus."""
    folder = out / f"seed-{seed}"
    corpus, pair_set = folder / "corpus", str(folder / "set")
    build_corpus(corpus, seed, further=True).save(folder / "truth.json")
    pairset("mine", pair_set, str(corpus), "--encoder", "lite0")
    annotate(pair_set, "--engine", "vllm")
    pairset("triage", pair_set, "--threshold", "1")
    expected = expected_words(open_set(pair_set), corpus, load_truth(folder / "truth.json"))
    say(f"{review_queue(open_set(pair_set), expected)} verdicts by the simulated reviewer")
    split = ["--held-out-share", HELD_OUT_SHARE, "--split-seed", str(seed)]
    train(pair_set, SUPERVISED, seed, *split)
    annotate(pair_set, "--adapter", SUPERVISED, "--spawn")
    corrections = ["--method", "preference", "--start-from", SUPERVISED]
    train(pair_set, PREFERENCE, seed, *split, *corrections)
    annotate(pair_set, "--adapter", PREFERENCE, "--engine", "vllm")
    pairset("evaluate", pair_set, *split)
    with connect_tables(open_set(pair_set)) as tables:
        rows = tables.execute(_EVALUATED).fetchall()
    return [Answer(adapter, f"{seed} {scene}", *right) for adapter, scene, *right in rows]


def annotate(pair_set: str, *flags: str) -> None:
    pairset("annotate", pair_set, "--model", "starter", "--dtype", "float32", *flags)


def train(pair_set: str, name: str, seed: int, *flags: str) -> None:
    common = ["--model", "starter", "--name", name, "--seed", str(seed)]
    pairset("train", pair_set, *common, *TRAINING[name], *flags)


def pairset(*words: str) -> None:
    """One verb, in a process of its own, as a person would run it."""
    say(f"pairset {' '.join(words)}")
    subprocess.run([sys.executable, "-m", "pairset", *words], check=True, stdout=sys.stderr)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def figures_of(answers: Sequence[Answer]) -> dict[str, Any]:
    """Shares over all seeds; intervals of 95 % by drawing scenes again."""
    scenes = [answer.scene for answer in answers if answer.adapter is None]
    figures: dict[str, Any] = {"pairs": len(scenes), "scenes": len(set(scenes))}
    for adapter, when in ((None, "before"), (SUPERVISED, "after"), (PREFERENCE, "preference")):
        rows = [answer for answer in answers if answer.adapter == adapter]
        bootstrap = SceneBootstrap([row.scene for row in rows], RESAMPLES, seed=0)
        exact = bootstrap.share([row.exact_en for row in rows])
        figures |= {
            f"exact_{when}": _share([row.exact_en for row in rows]),
            f"interval_{when}": exact and [_rounded(exact.low), _rounded(exact.high)],
            f"exact_zh_{when}": _share([row.exact_zh for row in rows]),
            f"edit_type_{when}": _share([row.edit_type_right for row in rows]),
        }
    return figures


def _share(right: Sequence[bool]) -> float | None:
    return _rounded(sum(right) / len(right)) if right else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


if __name__ == "__main__":
    main()
