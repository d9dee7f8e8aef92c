"""`pairset train` beside a plain script: examples per second, memory and padding on the same data.

    python -m benchmarks.training [--pairs 48] [--rounds 5] [--epochs 3] [--batch-size 8]

The reference is `finetune.lora_script`: one file, a plain PyTorch loop, the same starter, LoRA and
examples. Both run in processes of their own, in turns; seconds are those of the training loop
alone, without loading and preparing. The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from pairset.models.adapter_cards import adapter_folder, read_card
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import make_reviewed_set

MEASURED_RUN = """
import runpy, sys
from pathlib import Path

module, peak, sys.argv = sys.argv[1], Path(sys.argv[2]), sys.argv[2:]
try:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
finally:
    peak.write_text(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
"""The kernel's own mark: what getrusage says of a child begins with its parent's memory."""


@dataclass(frozen=True)
class Measured:
    """One training run."""

    examples_per_second: float
    peak_megabytes: float
    padding_share: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=8)
    options = parser.parse_args()
    words = ["--model", "starter", "--epochs", str(options.epochs)]
    words += ["--batch-size", str(options.batch_size)]
    ours: list[Measured] = []
    plain: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="pairset-training-") as folder:
        pair_set = make_reviewed_set(Path(folder), options.pairs)
        for number in range(options.rounds):
            runs = [(ours, run_verb), (plain, run_script)]
            for found, run in runs if number % 2 else reversed(runs):
                found.append(run(pair_set, f"run-{number}", words))
                say(f"{run.__name__}: {found[-1]}")
    print(json.dumps({**vars(options), **figures_of(ours, plain)}))


def run_verb(pair_set: PairSet, name: str, words: Sequence[str]) -> Measured:
    peak, _ = run_measured("pairset", "train", pair_set.url, "--name", name, *words)
    card = read_card(adapter_folder(pair_set, name))
    assert card is not None
    figures = card.figures
    return Measured(figures["examples_per_second"], peak, figures["padding_share"])


def run_script(pair_set: PairSet, name: str, words: Sequence[str]) -> Measured:
    out = str(Path(pair_set.url).with_name(name))
    peak, said = run_measured("finetune.lora_script", pair_set.url, out, *words)
    figures = json.loads(said.splitlines()[-1])
    return Measured(figures["examples_per_second"], peak, figures["padding_share"])


def run_measured(module: str, *words: str) -> tuple[float, str]:
    """A module as a program, to its end: its peak in MB, and what it printed."""
    with tempfile.NamedTemporaryFile("r") as peak:
        command = [sys.executable, "-c", MEASURED_RUN, module, peak.name, *words]
        environment = {"OMP_NUM_THREADS": "1", **os.environ}
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env=environment
        )
        return int(peak.read()) / 1024, done.stdout


def figures_of(ours: Sequence[Measured], plain: Sequence[Measured]) -> dict[str, object]:
    """Medians of each, and of the ratio in each round."""
    names = asdict(ours[0]).keys()
    ratios = [
        one.examples_per_second / other.examples_per_second
        for one, other in zip(ours, plain, strict=True)
    ]
    return {
        "ratio": round(median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        **{
            kind: {name: round(median(getattr(run, name) for run in runs), 4) for name in names}
            for kind, runs in (("pairset_train", ours), ("plain_script", plain))
        },
    }


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
