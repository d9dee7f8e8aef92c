"""Whether the confidence can be bet on, by the shipped starter on photographs it never saw.

    python -m benchmarks.confidence OUT [--quick]

Two mixes of edits, as taught and hard, are planted in unseen photographs (the held-out ones, and
others of the Debian packages that apt fetches), annotated, probed and judged by somebody who knows
the truth. OUT keeps the sets: the same command again uses them. The last line is one JSON object.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.confidence import evidence, mixes
from benchmarks.confidence.evidence import Draws
from benchmarks.confidence.mixed_set import load_known, save_known, write_set
from benchmarks.confidence.mixes import MixedPair
from benchmarks.confidence.photographs import View, unseen_photographs, views
from benchmarks.confidence.rows import Rows, read_rows
from benchmarks.loop import annotate
from pairset.store import open_set

MIXES: dict[str, Callable[[int, Sequence[View]], list[MixedPair]]] = {
    "in_domain": mixes.in_domain,
    "hard": mixes.hard,
}
PAIRS, DRAWS = 2_400, Draws(20, 600)
QUICK_PAIRS, QUICK_DRAWS = 400, Draws(3, 150)
SPARE = 1.15
"""Views over pairs: unrelated pairs take two."""
SEED = 7


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    start = time.monotonic()
    found: dict[str, object] = {"quick": options.quick}
    for name in MIXES:
        rows = annotated_mix(options.out, name, QUICK_PAIRS if options.quick else PAIRS)
        found[name] = evidence.figures(rows, QUICK_DRAWS if options.quick else DRAWS)
        print(json.dumps({name: found[name]}), file=sys.stderr)
    print(json.dumps(found | {"seconds": round(time.monotonic() - start)}))


def annotated_mix(out: Path, name: str, pairs: int) -> Rows:
    """One mix, from what OUT keeps of it on."""
    folder = out / name
    if not (folder / "known.json").exists():
        photographs = unseen_photographs(out / "photos")
        found = views(random.Random(f"{name} {SEED}"), photographs, round(SPARE * pairs))
        save_known(folder / "known.json", write_set(folder, MIXES[name](SEED, found)[:pairs]))
    pair_set = str(folder / "set")
    annotate(pair_set, "--engine", "vllm")
    return read_rows(open_set(pair_set), load_known(folder / "known.json"))


if __name__ == "__main__":
    main()
