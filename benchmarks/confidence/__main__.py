"""Whether the confidence can be bet on, by the shipped starter on photographs it never saw.

    python -m benchmarks.confidence OUT [--quick]

Two mixes of edits, as taught and hard, are planted in unseen photographs (the held-out ones, and
others of the Debian packages that apt fetches), annotated, asked about again and judged by somebody
who knows the truth. OUT keeps the sets: the same command again uses them. The whole takes hours of
processor time, nearly all of it for the certificates; `--quick` takes fewer pairs and draws. The
last line is one JSON object.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.confidence import campaigns, evidence, mixes, savings
from benchmarks.confidence.evidence import Draws
from benchmarks.confidence.mixed_set import load_known, save_known, write_set
from benchmarks.confidence.mixes import MixedPair
from benchmarks.confidence.photographs import View, unseen_photographs, views
from benchmarks.confidence.rows import Rows, read_rows
from benchmarks.loop import annotate, pairset
from pairset.store import open_set

MIXES: dict[str, Callable[[int, Sequence[View]], list[MixedPair]]] = {
    "in_domain": mixes.in_domain,
    "hard": mixes.hard,
}
SPARE = 1.15
"""Views over pairs: unrelated pairs take two."""
SEED = 9
_SECONDS = "seconds.json"
"""What the commands took when a mix was annotated and asked about again."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the benchmark is."""

    pairs: int
    """Of each mix."""
    draws: Draws
    """Of verdicts that a calibration is fitted on."""
    campaigns: int
    """In which a certificate is made."""
    reviewed: tuple[float, ...]
    """Shares of the pairs that are reviewed."""
    throughput: tuple[int, int]
    """Rounds, and pairs in each turn."""


FULL = Scale(2_400, Draws(20, 600), 200, (0.05, 0.1, 0.2, 0.4), (3, 160))
QUICK = Scale(400, Draws(3, 150), 3, (0.2,), (1, 48))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    start, scale = time.monotonic(), QUICK if options.quick else FULL
    rows = {name: annotated_mix(options.out, name, scale.pairs) for name in MIXES}
    found: dict[str, object] = {"quick": options.quick}
    for name in MIXES:
        found[name] = of_mix(rows[name], scale)
        say({name: found[name]})
    found["shift"] = campaigns.shift_figures(rows["in_domain"], rows["hard"], scale.draws.verdicts)
    found["cost"] = {name: cost(options.out, name) for name in MIXES}
    found["throughput"] = throughput(options.out / "hard" / "set", *scale.throughput)
    print(json.dumps(found | {"seconds": round(time.monotonic() - start)}))


def annotated_mix(out: Path, name: str, pairs: int) -> Rows:
    """One mix, from what OUT keeps of it on."""
    folder = out / name
    if not (folder / "known.json").exists():
        photographs = unseen_photographs(out / "photos")
        found = views(random.Random(f"{name} {SEED}"), photographs, round(SPARE * pairs))
        save_known(folder / "known.json", write_set(folder, MIXES[name](SEED, found)[:pairs]))
    pair_set = str(folder / "set")
    is_new = open_set(pair_set).current("annotations") is None
    start = time.monotonic()
    annotate(pair_set, "--engine", "vllm")
    annotated = time.monotonic()
    pairset("probe", pair_set, "--model", "starter", "--dtype", "float32")
    taken = {"annotate": annotated - start, "probe": time.monotonic() - annotated}
    if is_new:  # later there is nothing to ask
        (folder / _SECONDS).write_text(json.dumps(taken), encoding="utf-8")
    return read_rows(open_set(pair_set), load_known(folder / "known.json"))


def cost(out: Path, name: str) -> dict[str, float]:
    """Wall time of the two commands, and of both over the first; nothing of sets from elsewhere."""
    path = out / name / _SECONDS
    if not path.exists():
        return {}
    taken = json.loads(path.read_text(encoding="utf-8"))
    return taken | {"full_over_annotation": 1 + taken["probe"] / taken["annotate"]}


def of_mix(rows: Rows, scale: Scale) -> dict[str, object]:
    """Evidence, certificate and savings of one mix."""
    return {
        **evidence.figures(rows, scale.draws),
        "pieces": evidence.ablation(rows, Draws(3, scale.draws.verdicts)),
        "certificate": campaigns.figures(rows, scale.draws.verdicts, scale.campaigns),
        "savings": savings.figures(rows, scale.reviewed),
    }


def throughput(pair_set: Path, rounds: int, pairs: int) -> Any:
    """The stage beside what it is built on, in a process without anything else."""
    module = [sys.executable, "-m", "benchmarks.confidence.throughput", str(pair_set)]
    flags = ["--rounds", str(rounds), "--pairs", str(pairs)]
    done = subprocess.run([*module, *flags], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def say(found: dict[str, object]) -> None:
    print(json.dumps(found), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
