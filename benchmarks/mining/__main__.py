r"""Mining beside its peers, CPU seconds with one thread each, in turns in one run.

    python -m benchmarks.mining [--quick] [--peers FOLDER] [--vectors FOLDER]

Vectors are planted as CLIP's lie. `--quick` takes two minutes and fewer images. Peers that pairset
does not install come from a folder of their own, and are skipped where it lacks them:

    pip install --target FOLDER --no-deps fast-hdbscan pynndescent imagededup \
        matplotlib contourpy cycler fonttools kiwisolver pyparsing

The last line is one JSON object, with the figures of `benchmarks.embedding` and `benchmarks.gates`.
Every ratio over 1 is in our favour, but join_over_floor, the join's time over that of the bare
matrix product, and gates_over_ssim.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import embedding, gates
from benchmarks.mining import neighbors, scenes
from benchmarks.mining.options import FULL, QUICK, Options
from benchmarks.mining.rounds import Bench

SECTIONS: tuple[Callable[[Bench, Options], dict[str, object]], ...] = (
    neighbors.figures,
    scenes.figures,
)
"""Each says what it measures and gives its share of the last line."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", default="", help="folder of further packages")
    parser.add_argument("--vectors", type=Path, help="keep the planted vectors here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pairset-mining-") as folder:
        kept = options.vectors or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        bench = Bench(kept, options.peers)
        found: dict[str, object] = {"quick": options.quick}
        for section in SECTIONS:
            found |= section(bench, QUICK if options.quick else FULL)
    found |= embedding.figures(options.quick) | gates.figures(options.quick)
    print(json.dumps({name: _rounded(value) for name, value in found.items()}))


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
