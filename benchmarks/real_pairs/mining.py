"""A corpus mined by the command itself, its processor time, and the rows of the set."""

import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.real_pairs.corpus import Corpus, CorpusError
from benchmarks.real_pairs.figures import MinedCorpus, MinedPair
from pairset.rows.planned import standing_images
from pairset.store import PairSet, open_set

PAIR_COLUMNS = ["source_id", "target_id", "status", "similarity"]


def mine(photos: Path, folder: Path, flags: Sequence[str]) -> float | None:
    """Mine photos with lite0 into a set; returns the core-seconds of the command and its workers.

    flags: further ones of ``pairset mine``. Returns None where the folder held a set already: what
    an earlier run did is not in the time of this one. Raises subprocess.CalledProcessError.
    """
    held_a_set = PairSet(str(folder)).exists
    before = _core_seconds_of_children()
    command = [sys.executable, "-m", "pairset", "mine", str(folder), str(photos)]
    subprocess.run([*command, "--encoder", "lite0", *flags], check=True)
    return None if held_a_set else _core_seconds_of_children() - before


def read_mined(corpus: Corpus, folder: Path) -> MinedCorpus:
    """The images and the current pairs of a set that was mined from a corpus.

    Raises CorpusError where the set holds other photos too.
    """
    pair_set = open_set(str(folder))
    image_ids: dict[str, str] = {}
    for shard in pair_set.stage("images").shards():
        for row in standing_images(pair_set, shard, ["image_id", "uri"]).to_pylist():
            image_ids[Path(row["uri"]).name] = row["image_id"]
    if others := sorted(image_ids.keys() - corpus.scenes.keys()):
        raise CorpusError(f"{folder} holds {others[0]}, which is not of this corpus.")
    stage = pair_set.current("pairs")
    tables = stage.tables(PAIR_COLUMNS) if stage else ()
    pairs = tuple(MinedPair(**row) for table in tables for row in table.to_pylist())
    return MinedCorpus(corpus, image_ids, pairs)


def _core_seconds_of_children() -> float:
    """Of all child processes that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
