"""The demo's corpus is what its truth says it is."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from finetune.planted.plant import EDITS
from pairset.app.demo.planted_corpus import build_corpus
from pairset.app.demo.truth import Truth, load_truth
from pairset.decoding import ImageError, decode
from pairset.images import open_image


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("corpus")
    return folder, build_corpus(folder, seed=0)


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_holds_at_least_150_files_and_the_truth_knows_each(corpus: tuple[Path, Truth]) -> None:
    folder, truth = corpus
    assert set(_files(folder)) == truth.files
    assert len(truth.files) >= 150


def test_plants_every_kind_of_edit(corpus: tuple[Path, Truth]) -> None:
    assert {pair.kind for pair in corpus[1].pairs} == set(EDITS) - {"none"}


def test_the_same_seed_gives_the_same_bytes(corpus: tuple[Path, Truth], tmp_path: Path) -> None:
    again = build_corpus(tmp_path / "again", seed=0)
    other = build_corpus(tmp_path / "other", seed=1)
    assert again == corpus[1]
    assert _files(tmp_path / "again") == _files(corpus[0])
    assert other.pairs != again.pairs


def test_every_planted_pair_shows_two_different_pictures(corpus: tuple[Path, Truth]) -> None:
    folder, truth = corpus
    for pair in truth.pairs:
        source, target = (
            np.asarray(open_image(str(folder / name)), dtype=np.int16)
            for name in (pair.source, pair.target)
        )
        assert np.abs(source - target).max() > 40, pair


def test_exact_copies_are_among_the_copies(corpus: tuple[Path, Truth]) -> None:
    folder, truth = corpus
    digests = {name: hashlib.sha256((folder / name).read_bytes()).digest() for name in truth.files}
    exact = [copy for copy, original in truth.copies.items() if digests[copy] == digests[original]]
    assert 0 < len(exact) < len(truth.copies)


def test_a_mirrored_copy_is_its_original_mirrored(corpus: tuple[Path, Truth]) -> None:
    folder, truth = corpus
    for copy, original in truth.mirrored.items():
        with Image.open(folder / copy) as mirrored, Image.open(folder / original) as upright:
            back = np.asarray(ImageOps.mirror(mirrored), dtype=np.int16)
            assert np.abs(back - np.asarray(upright, dtype=np.int16)).mean() < 4


def test_broken_files_carry_the_codes_that_the_truth_expects(corpus: tuple[Path, Truth]) -> None:
    folder, truth = corpus
    for name, code in truth.broken.items():
        content = (folder / name).read_bytes()
        if not content:
            assert code == "empty"
            continue
        with pytest.raises(ImageError) as failure:
            decode(content)
        assert failure.value.code == code, name


def test_the_truth_survives_its_file(corpus: tuple[Path, Truth], tmp_path: Path) -> None:
    corpus[1].save(tmp_path / "truth.json")
    assert load_truth(tmp_path / "truth.json") == corpus[1]
