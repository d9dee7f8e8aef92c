"""Real pictures mined: yields of the gates, and a sheet with a pair of every cluster to look at.

    python -m benchmarks.photographs OUT

The pictures are the JPEGs in the Debian packages of the starter's training photos (fetched by
apt): photographs, frames of films, test pictures and what programs made of them. OUT/pairs.png
shows of each cluster its most similar pair, largest clusters first.
"""

import argparse
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.real_pairs.contact_sheet import Shown, draw
from finetune.planted.photos import training_photos
from pairset.store import PairSet, open_set

LEAST_BYTES = 8_000
"""Smaller files are icons and buttons."""
COLUMNS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--encoder", default="lite0")
    options = parser.parse_args()
    corpus, folder = options.out / "corpus", str(options.out / "set")
    pictures = gather(options.out / "photos", corpus)
    command = [sys.executable, "-m", "pairset", "mine", folder, str(corpus)]
    subprocess.run([*command, "--encoder", options.encoder], check=True)
    clusters = kept_pairs(open_set(folder))
    shown = [most_similar(pairs) for pairs in clusters.values()]
    draw(shown, options.out / "pairs.png", COLUMNS)
    pairs = sum(map(len, clusters.values()))
    print(f"{pictures} pictures, {pairs} pairs kept in {len(clusters)} clusters")


def gather(photos: Path, corpus: Path) -> int:
    """Link every JPEG of the packages into one folder; returns how many there are."""
    list(training_photos(photos))  # fetches what is not there
    corpus.mkdir(parents=True, exist_ok=True)
    found = sorted(path for path in photos.rglob("*.jp*g") if path.stat().st_size >= LEAST_BYTES)
    for path in found:
        link = corpus / "__".join(path.relative_to(photos).parts)
        if not link.exists():
            link.hardlink_to(path)
    return len(found)


def kept_pairs(pair_set: PairSet) -> dict[str, list[dict[str, Any]]]:
    """Rows of the kept pairs by cluster, largest clusters first, the most similar pairs first."""
    stage = pair_set.current("pairs")
    assert stage is not None
    clusters: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for table in stage.tables(["cluster", "source_uri", "target_uri", "status", "similarity"]):
        for row in table.to_pylist():
            if row["status"] == "kept":
                clusters[row["cluster"]].append(row)
    for rows in clusters.values():
        rows.sort(key=lambda row: -row["similarity"])
    return dict(sorted(clusters.items(), key=lambda item: (-len(item[1]), item[0])))


def most_similar(pairs: list[dict[str, Any]]) -> Shown:
    """The first pair of a cluster, with its cosine and how many pairs the cluster has."""
    words = f"{pairs[0]['similarity']:.2f}  {len(pairs)}"
    return Shown(Path(pairs[0]["source_uri"]), Path(pairs[0]["target_uri"]), words)


if __name__ == "__main__":
    main()
