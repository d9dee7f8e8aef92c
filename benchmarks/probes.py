"""What it costs to ask again: each kind of probe beside the plain annotation, in one vLLM.

    python -m benchmarks.probes SET [SET …] [--rounds 5] [--samples 1]

Takes sets that the starter annotated (`pairset demo SET`). In each round all pairs are annotated
and probed with every kind by the code of the verbs, in shards of one size, with one warm engine;
nothing is written. Printed are medians over the rounds, and ratios to the annotation of the same
round. The last line is one JSON object.
"""

import argparse
import json
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from annotator.chunks import batches
from annotator.engines import Engine, EnginePlan, open_engine
from annotator.inference import annotate_loaded, load
from annotator.probing.asking import ask_targets
from annotator.probing.targets import Target, pending_probes
from annotator.probing.witness import Witness, find_witness
from annotator.settings import ProbeSettings
from pairset.store import open_set

KINDS = ("samples", "contrasts", "critic")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=1)
    options = parser.parse_args()
    witness, targets = what_to_ask(options.sets, options.samples)
    annotator = witness.annotator
    plan = EnginePlan(witness.settings, annotator.model, annotator.adapter)
    with open_engine(annotator.engine, plan) as engine:
        one_round(engine, witness, targets)  # warm
        rounds = [one_round(engine, witness, targets) for _ in range(options.rounds)]
    figures = figures_of(rounds)
    for name, figure in figures.items():
        print(name, json.dumps(figure))
    print(json.dumps(figures | {"pairs": len(targets), "samples": options.samples}))


def what_to_ask(sets: Sequence[str], samples: int) -> tuple[Witness, list[Target]]:
    """The annotator of the first set, and every question about the annotations of all."""
    witnesses, targets = [], []
    for url in sets:
        pair_set = open_set(url)
        annotations = pair_set.current("annotations")
        assert annotations is not None, f"{url} is not annotated"
        settings = ProbeSettings(set_url=url, samples=samples)
        witness = find_witness(pair_set, annotations, settings)
        pending = pending_probes(pair_set, witness)
        assert pending.questions == pending.annotations * (samples + 4), f"{url} is probed already"
        witnesses.append(witness)
        targets += pending.targets
    return witnesses[0], targets


def one_round(engine: Engine, witness: Witness, targets: Sequence[Target]) -> dict[str, Any]:
    """Wall and CPU seconds of the annotation and of each kind of probe."""
    shards = list(batches(targets, witness.settings.pairs_per_shard))

    def annotate() -> Iterable[object]:
        for shard in shards:
            tasks = [target.task for target in shard]
            loaded = load(witness.annotator, tasks, witness.settings.max_pixels)
            yield from annotate_loaded(engine, witness.annotator, loaded)

    def probe(*kinds: str) -> Callable[[], Iterable[object]]:
        def ask() -> Iterable[object]:
            for shard in shards:
                yield from ask_targets(engine, witness, shard, kinds)

        return ask

    asked = {"annotation": annotate, **{kind: probe(kind) for kind in KINDS}, "all": probe(*KINDS)}
    return {name: seconds_of(ask) for name, ask in asked.items()}


def seconds_of(ask: Callable[[], Iterable[object]]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), cpu_seconds()
    rows = list(ask())
    assert rows
    return time.perf_counter() - wall, cpu_seconds() - cpu


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def figures_of(rounds: Sequence[dict[str, tuple[float, float]]]) -> dict[str, dict[str, float]]:
    """Medians of seconds, and of the ratios to the annotation of the same round."""
    figures: dict[str, dict[str, float]] = defaultdict(dict)
    for name in rounds[0]:
        for place, clock in enumerate(("wall", "cpu")):
            seconds = [each[name][place] for each in rounds]
            ratios = [each[name][place] / each["annotation"][place] for each in rounds]
            figures[name][f"{clock}_seconds"] = round(statistics.median(seconds), 2)
            figures[name][f"{clock}_ratio"] = round(statistics.median(ratios), 2)
    return dict(figures)


if __name__ == "__main__":
    main()
