"""Real photographs whose related pairs are known: what mining keeps of them, and what it loses.

    python -m benchmarks.real_pairs CORPUS [--out SET] [--half first] [-- FLAGS OF PAIRSET MINE]

CORPUS holds photos/, pairs.csv (first, second, family, kind) and scenes.csv (photo, scene). The
photographs are mined with lite0. The last line is one JSON object:

    recall       share of the known pairs that are kept, in either direction, by family and of all
    precision    share of the kept pairs whose two photos are of one scene
    candidates_per_image, core_seconds_per_image
                 of the whole corpus; the second is null where SET had been mined before
    kept         kept pairs
    lost         known pairs that are not kept: by the status of the pair, how many of each family
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.real_pairs.contact_sheet import Shown, draw
from benchmarks.real_pairs.corpus import CorpusError, read_corpus
from benchmarks.real_pairs.figures import Half, MinedCorpus, figures_of, table_of
from benchmarks.real_pairs.mining import mine, read_mined

SHOWN_PAIRS, COLUMNS = 100, 5


def main() -> None:
    own, flags = _parted(sys.argv[1:])
    parser = _parser()
    options = parser.parse_args(own)
    if options.workers is not None:
        flags = ["--workers", str(options.workers), *flags]
    try:
        with tempfile.TemporaryDirectory(prefix="pairset-real-pairs-") as folder:
            _measure(options.out or Path(folder) / "set", options, flags)
    except CorpusError as error:
        parser.error(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)  # pairset mine has said why


def _measure(folder: Path, options: argparse.Namespace, flags: list[str]) -> None:
    corpus = read_corpus(options.corpus)
    core_seconds = mine(corpus.photos, folder, flags)
    mined = read_mined(corpus, folder)
    if options.sheet:
        draw(shown_pairs(mined, options.half, options.seed), options.sheet, COLUMNS)
    print(table_of(mined.fates(options.half)))
    print(json.dumps(figures_of(mined, options.half, core_seconds)))


def shown_pairs(mined: MinedCorpus, half: Half, seed: int) -> list[Shown]:
    """A seeded draw of at most 100 kept pairs, with their number, names, cosine and status."""
    kept = sorted(mined.kept(half), key=lambda pair: (pair.source_id, pair.target_id))
    drawn = random.Random(seed).sample(kept, min(SHOWN_PAIRS, len(kept)))
    shown = []
    for number, pair in enumerate(drawn, 1):
        source, target = (mined.photo_of[each] for each in (pair.source_id, pair.target_id))
        cosine = "no cosine" if pair.similarity is None else f"{pair.similarity:.2f}"
        words = f"{number}: {source}, {target}, {cosine}, {pair.status}"
        shown.append(Shown(mined.corpus.photos / source, mined.corpus.photos / target, words))
    return shown


def _parted(words: list[str]) -> tuple[list[str], list[str]]:
    """The words before ``--``, and those after it."""
    end = words.index("--") if "--" in words else len(words)
    return words[:end], words[end + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real_pairs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("corpus", type=Path, metavar="CORPUS")
    parser.add_argument("--out", type=Path, metavar="SET", help="keep the set here")
    parser.add_argument("--workers", type=int, help="processes of pairset mine")
    parser.add_argument(
        "--half",
        type=Half,
        default=Half.ALL,
        choices=list(Half),
        help="count pairs of these scenes alone (a hash of the scene's name decides)",
    )
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE", help="picture of at most 100 kept pairs to look at"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the pairs on the sheet")
    return parser


if __name__ == "__main__":
    main()
