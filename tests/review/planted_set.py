"""Pairs of the demo's photographs with planted edits, measured as mining measures them.

What mining would find among the corpus' files is known here, so nothing is searched for.
"""

from dataclasses import replace
from pathlib import Path

from clustering.pairs import measure
from clustering.settings import MineSettings
from pairset.app.demo.against_truth import Expected, KeptPair, measure_mining
from pairset.app.demo.photo_squares import SCENE_SIDE
from pairset.app.demo.planted_corpus import build_corpus
from pairset.app.demo.truth import PlantedPair
from pairset.records import Image, Pair, table_of
from pairset.records.image import image_id_of
from pairset.records.pair import PairStatus, pair_id_of
from pairset.store import PairSet, create_set


def make_planted_set(folder: Path, seed: int) -> tuple[PairSet, dict[str, Expected]]:
    """A set of every planted pair, and what a perfect annotator says of each by pair id."""
    corpus = folder / "corpus"
    truth = build_corpus(corpus, seed, further=True)
    settings = MineSettings(set_url="unused", corpus=["unused"])
    ids = {name: image_id_of((corpus / name).read_bytes()) for name in truth.files}
    pairs = [_pair(planted, corpus, ids) for planted in truth.pairs]
    measured = [replace(measure(pair, settings), status=PairStatus.KEPT) for pair in pairs]
    pair_set = create_set(str(folder / "set"))
    names = {planted.source for planted in truth.pairs} | {p.target for p in truth.pairs}
    images = [
        Image(ids[name], str(corpus / name), SCENE_SIDE, SCENE_SIDE) for name in sorted(names)
    ]
    pair_set.stage("images").write("000000", table_of(Image, images))
    pair_set.stage("pairs", "planted").write("00000", table_of(Pair, measured))
    pair_set.publish("pairs", "planted")
    kept = [
        KeptPair(pair.pair_id, planted.source, planted.target)
        for pair, planted in zip(measured, truth.pairs, strict=True)
    ]
    return pair_set, {each.pair_id: each for each in measure_mining(kept, truth).found}


def _pair(planted: PlantedPair, corpus: Path, ids: dict[str, str]) -> Pair:
    source_id, target_id = ids[planted.source], ids[planted.target]
    return Pair(
        pair_id=pair_id_of(source_id, target_id),
        reverse_pair_id=pair_id_of(target_id, source_id),
        source_id=source_id,
        target_id=target_id,
        source_uri=str(corpus / planted.source),
        target_uri=str(corpus / planted.target),
        cluster=None,
    )
