"""The prior of the calibration: what the probability of a reply is worth on the demo's sets.

    python -m benchmarks.confidence_prior [--seeds 0 1 2 3 4 5] [--out FOLDER]

Each seed is one `pairset demo`, whose every annotation the simulated reviewer judges. Writes
review/calibration/prior.json; the last line is one JSON object.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import review.calibration
from pairset.app.demo.planted_figures import expected_words
from pairset.app.demo.reviewer import review_queue
from pairset.app.demo.truth import load_truth
from pairset.store import open_set
from review.calibration.calibration_model import to_json
from review.calibration.fitting import fit_prior
from review.calibration.judged import Judged
from review.calibration.reading import read_known

PRIOR = Path(review.calibration.__file__).parent / "prior.json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(6)))
    parser.add_argument("--out", type=Path, help="keep the sets here; default: a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pairset-prior-") as temporary:
        out = options.out or Path(temporary)
        parts = [judged_demo(out / str(seed), seed) for seed in options.seeds]
    judged = Judged(
        [each for part in parts for each in part.evidence],
        [ok for part in parts for ok in part.right],
        [scene for part in parts for scene in part.scenes],
    )
    prior = fit_prior(judged)
    PRIOR.write_text(to_json(prior) + "\n", encoding="utf-8")
    figures = {name: asdict(prior)[name] for name in ("verdicts", "accepted", "before", "after")}
    print(json.dumps({"seeds": options.seeds, **figures}))


def judged_demo(folder: Path, seed: int) -> Judged:
    """One demo with the simulated reviewer's verdicts on all of it."""
    pairset("demo", str(folder), "--seed", str(seed))
    pairset("triage", str(folder), "--threshold", "1")
    pair_set = open_set(str(folder))
    truth = load_truth(folder / "truth.json")
    review_queue(pair_set, expected_words(pair_set, folder / "corpus", truth))
    known = read_known(pair_set)
    rows = [
        (evidence, bool(known.outcomes[evidence.annotation_id]), f"{seed} {scene}")
        for evidence, scene in zip(known.evidence, known.scenes, strict=True)
        if evidence.annotation_id in known.outcomes
    ]
    return Judged(*map(list, zip(*rows, strict=True)))


def pairset(*words: str) -> None:
    """One verb, in a process of its own, as a person would run it."""
    subprocess.run([sys.executable, "-m", "pairset", *words], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    main()
