"""Images that are added to a corpus cost themselves and the pairs they make."""

import os
from pathlib import Path
from typing import Any

import pytest

from pairset.app.cli import main
from pairset.app.demo.photo_squares import SCENES
from pairset.app.demo.planted_corpus import build_corpus
from pairset.store import PairSet

WORDS = ("--encoder", "lite0", "--candidates-per-shard", "10")
AFRESH = 2
"""Workers: processes of their own, which have no picture in memory from an earlier run."""


def mined(
    pair_set: PairSet, corpus: Path, *words: str, workers: int = 1
) -> dict[str, dict[str, Any]]:
    """Mine, and return the pairs by their id."""
    assert main(["mine", pair_set.url, str(corpus), *WORDS, "--workers", str(workers), *words]) == 0
    stage = pair_set.current("pairs")
    assert stage is not None
    return {row["pair_id"]: row for table in stage.tables() for row in table.to_pylist()}


def spoil_unnoticed(folder: Path) -> None:
    """Other bytes of the same size and time: only who opens a file can tell."""
    for path in folder.rglob("*"):
        if path.is_file():
            before = path.stat()
            path.write_bytes(b"x" * before.st_size)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_corpus_that_grew_gives_the_rows_of_one_that_was_always_so(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    growing, whole = PairSet(str(tmp_path / "growing")), PairSet(str(tmp_path / "whole"))
    build_corpus(corpus, 0, SCENES[:3])
    later = sorted(path for path in corpus.rglob("*.*") if path.is_file())[::5]
    for path in later:
        path.rename(tmp_path / path.name)
    before = mined(growing, corpus)
    for path in later:
        (tmp_path / path.name).rename(path)

    after = mined(growing, corpus)
    assert len(before) > 5
    assert set(before) < set(after)
    always = mined(whole, corpus)
    assert set(after) == set(always)
    for pair_id, row in after.items():
        # The encoder saw its images in other batches.
        assert row.pop("similarity") == pytest.approx(always[pair_id].pop("similarity"), abs=1e-3)
        assert row == always[pair_id]


def test_pairs_that_were_measured_are_not_opened_again(tmp_path: Path) -> None:
    corpus, pair_set = tmp_path / "corpus", PairSet(str(tmp_path / "set"))
    build_corpus(corpus / "first", 0, SCENES[:2])
    before = mined(pair_set, corpus)
    spoil_unnoticed(corpus / "first")
    build_corpus(corpus / "second", 0, SCENES[8:9])

    after = mined(pair_set, corpus, workers=AFRESH)
    assert {pair_id: row["status"] for pair_id, row in before.items()} == {
        pair_id: after[pair_id]["status"] for pair_id in before
    }
    assert len(after) > len(before)


def test_other_thresholds_measure_anew(tmp_path: Path) -> None:
    corpus, pair_set = tmp_path / "corpus", PairSet(str(tmp_path / "set"))
    build_corpus(corpus, 0, SCENES[:2])
    before = mined(pair_set, corpus)
    spoil_unnoticed(corpus)
    after = mined(pair_set, corpus, "--keep-mirrored", workers=AFRESH)
    assert set(after) == set(before)
    looked_at = [row for row in after.values() if row["status"] != "exact_copy"]
    assert {row["status"] for row in looked_at} == {"unreadable"}
