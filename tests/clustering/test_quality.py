"""Planted pairs of real photographs are found, and nothing else is kept."""

import random
from pathlib import Path

import pytest
from PIL import ImageOps

from clustering.mine import mine
from clustering.settings import MineSettings
from finetune.planted.plant import plant
from pairset.store import PairSet
from tests.clustering.conftest import encoded, pair_rows, photo, shuffled_names

PHOTOS = ("astronaut", "chelsea", "coffee")
KINDS = ("brighten", "monochrome", "blur", "rotate_cw", "zoom_in", "add", "warm", "add_frame")
PRECISION_FLOOR = RECALL_FLOOR = 0.95


@pytest.fixture(scope="module")
def mined(tmp_path_factory) -> tuple[set[frozenset[str]], dict[str, str], PairSet]:
    root: Path = tmp_path_factory.mktemp("quality")
    (root / "corpus").mkdir()
    rng, names = random.Random(0), iter(shuffled_names(100, seed=0))

    def save(content: bytes) -> str:
        name = f"{next(names)}.img.jpg"
        (root / "corpus" / name).write_bytes(content)
        return name

    planted, copies = set(), {}
    for number, name in enumerate(PHOTOS):
        picture = photo(name)
        original = save(encoded(picture))
        for kind in KINDS[number % 2 :: 2]:
            edit = plant(rng, picture, kind)
            if edit is not None:
                planted.add(frozenset((original, save(encoded(edit.target)))))
        copies[save(encoded(picture, quality=60))] = original
        save(encoded(ImageOps.mirror(picture)))
    for name in ("brick", "moon", "coins", "page"):
        save(encoded(photo(name)))
    corpus = [str(root / "corpus")]
    mine(MineSettings(set_url=str(root / "set"), corpus=corpus, encoder="lite0", workers=1))
    return planted, copies, PairSet(str(root / "set"))


def test_planted_pairs_are_found_and_nothing_else_is_kept(mined):
    """A copy stands for what it shows."""
    planted, copies, pair_set = mined
    kept = [
        frozenset(
            copies.get(Path(uri).name, Path(uri).name) for uri in (pair.source_uri, pair.target_uri)
        )
        for pair in pair_rows(pair_set)
        if pair.status == "kept"
    ]
    found = planted & set(kept)
    assert len(found) / len(kept) >= PRECISION_FLOOR
    assert len(found) / len(planted) >= RECALL_FLOOR


def test_every_turned_away_pair_has_its_numbers(mined):
    for pair in pair_rows(mined[2]):
        assert pair.similarity is not None
        assert pair.structure_correlation is not None
