"""The loop closed: annotate, review, train, annotate again, measured on scenes nobody trained on.

    python -m benchmarks.loop [--seeds 0 1 2] [--out FOLDER]

Each seed plants another corpus (the demo's photographs; taught edits, and gentler and new ones that
the starter was never taught), and each step is the command a person would type; the reviewer is
simulated and knows what was planted. The last line is one JSON object.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pairset.demo.corpus import build_corpus
from pairset.demo.figures import expected_words
from pairset.demo.measure import Expected
from pairset.demo.reviewer import review_queue
from pairset.demo.truth import load_truth
from pairset.store import open_set
from pairset.tables import connect_tables

HELD_OUT_SHARE = "0.4"
SUPERVISED, PREFERENCE = "supervised", "preference"
"""Names of the adapters."""
TRAINING = {
    SUPERVISED: ["--epochs", "14", "--learning-rate", "2e-3", "--batch-size", "8"],
    PREFERENCE: ["--epochs", "2", "--learning-rate", "2e-4", "--batch-size", "8"],
}
RESAMPLES = 2_000

_ANSWERS = """
    SELECT a.pair_id, a.adapter, x.scene, a.instruction_en, a.instruction_zh, a.edit_type
    FROM all_annotations a JOIN examples x USING (pair_id)
    WHERE x.split = 'held_out' AND x.exclusion IS NULL
"""


@dataclass(frozen=True)
class Answer:
    """What one annotator was right about, on one pair of a held-out scene."""

    adapter: str | None
    scene: str
    exact_en: bool
    exact_zh: bool
    edit_type: bool


def run_loop(out: Path, seed: int) -> list[Answer]:
    """Go round once with one corpus."""
    folder = out / f"seed-{seed}"
    corpus, pair_set = folder / "corpus", str(folder / "set")
    folder.mkdir(parents=True, exist_ok=True)
    build_corpus(corpus, seed, further=True).save(folder / "truth.json")
    pairset("mine", pair_set, str(corpus), "--encoder", "lite0")
    annotate(pair_set, "--engine", "vllm")
    pairset("triage", pair_set, "--threshold", "1")
    expected = expected_words(open_set(pair_set), corpus, load_truth(folder / "truth.json"))
    say(f"{review_queue(open_set(pair_set), expected)} verdicts by the simulated reviewer")
    train(pair_set, SUPERVISED, seed)
    annotate(pair_set, "--adapter", SUPERVISED, "--spawn")
    train(pair_set, PREFERENCE, seed, "--start-from", SUPERVISED, "--method", "preference")
    annotate(pair_set, "--adapter", PREFERENCE, "--engine", "vllm")
    return held_out_answers(pair_set, expected)


def annotate(pair_set: str, *flags: str) -> None:
    pairset("annotate", pair_set, "--model", "starter", "--dtype", "float32", *flags)


def train(pair_set: str, name: str, seed: int, *flags: str) -> None:
    common = ["--model", "starter", "--name", name, "--seed", str(seed)]
    split = ["--held-out-share", HELD_OUT_SHARE, "--split-seed", str(seed)]
    pairset("train", pair_set, *common, *split, *TRAINING[name], *flags)


def pairset(*words: str) -> None:
    """One verb, in a process of its own, as a person would run it."""
    say(f"pairset {' '.join(words)}")
    subprocess.run([sys.executable, "-m", "pairset", *words], check=True)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def held_out_answers(pair_set: str, expected: dict[str, Expected]) -> list[Answer]:
    """Of every annotator, on reviewed pairs of scenes that nobody trained on."""
    with connect_tables(open_set(pair_set)) as tables:
        rows = tables.execute(_ANSWERS).fetchall()
    answers = []
    for pair_id, adapter, scene, english, chinese, edit_type in rows:
        truth = expected.get(pair_id)
        if truth:
            answers.append(
                Answer(
                    adapter,
                    scene,
                    english == truth.instruction_en,
                    chinese == truth.instruction_zh,
                    edit_type == truth.edit_type,
                )
            )
    return answers
