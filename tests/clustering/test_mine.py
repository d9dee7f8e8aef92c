"""The verb on a small corpus, in this process: rows, resuming, growing, workers."""

import shutil
from pathlib import Path

import pytest

from clustering.mine import mine
from clustering.settings import MineSettings
from pairset.errors import ModelUnavailableError, SettingsError
from pairset.store import PairSet
from tests.clustering.conftest import (
    all_rows,
    encoded,
    mined,
    noise,
    pair_rows,
    shard_times,
    with_sticker,
)


def kept_ids(pair_set: PairSet) -> set[str]:
    return {pair.pair_id for pair in pair_rows(pair_set) if pair.status == "kept"}


def test_each_picture_is_paired_with_its_edit(undisturbed):
    kept = [pair for pair in pair_rows(undisturbed) if pair.status == "kept"]
    assert len(kept) == 4
    for pair in kept:
        names = {Path(uri).stem.removesuffix("-edit") for uri in (pair.source_uri, pair.target_uri)}
        assert len(names) == 1
        assert pair.source_id < pair.target_id
        assert pair.change_box is not None
        assert pair.cluster is not None


def test_the_same_command_again_touches_no_shard_and_says_the_same(
    copied_set, small_corpus, capsys
):
    before = shard_times(copied_set)
    mined(copied_set, small_corpus)
    assert shard_times(copied_set) == before
    assert "8 images (0 unusable)" in capsys.readouterr().out


def test_the_rows_do_not_depend_on_the_number_of_workers(undisturbed, copied_set, small_corpus):
    for stage in ("images", "candidates", "clusters", "pairs"):
        shutil.rmtree(copied_set / stage)
    two = mined(copied_set, small_corpus, workers=2)
    for stage in ("images", "pairs", "clusters"):
        assert all_rows(undisturbed, stage) == all_rows(two, stage)


def test_other_settings_are_another_run_beside_the_first(copied_set, small_corpus):
    before = shard_times(copied_set)
    pair_set = mined(copied_set, small_corpus, pair_graph="all")
    after = shard_times(copied_set)
    assert before.items() <= after.items()
    assert len({path.split("/")[1] for path in after if path.startswith("pairs/")}) == 2
    assert pair_set.current("pairs") is not None


def test_new_files_become_new_shards(copied_set, small_corpus, tmp_path):
    before = shard_times(copied_set)
    noise(99).save(tmp_path / "later.png")
    pair_set = mined(copied_set, small_corpus, tmp_path / "later.png")
    after = shard_times(copied_set)
    assert before.items() <= after.items()
    assert all_rows(pair_set, "images").num_rows == 9


def test_cells_part_the_corpus_and_lose_or_double_no_pair(undisturbed, copied_set, small_corpus):
    parted = pair_rows(undisturbed)
    assert len({pair.pair_id for pair in parted}) == len(parted)
    whole = mined(copied_set, small_corpus, cell_size=50_000)
    assert kept_ids(whole) == kept_ids(undisturbed)


def test_exact_copies_are_rows_of_their_own(tmp_path):
    corpus = tmp_path / "corpus"
    for name in ("a", "b", "c"):
        (corpus / name).mkdir(parents=True)
        (corpus / name / "same.png").write_bytes(encoded(noise(1), "PNG"))
    pairs = pair_rows(mined(tmp_path / "set", corpus))
    assert [pair.status for pair in pairs] == ["exact_copy", "exact_copy"]
    assert len({pair.pair_id for pair in pairs}) == 2


def test_an_edit_is_found_across_folders_with_equal_names(tmp_path, capsys):
    corpus = tmp_path / "corpus"
    for place, picture in (("x", noise(1, 128)), ("y", with_sticker(noise(1, 128)))):
        (corpus / place).mkdir(parents=True)
        picture.save(corpus / place / "IMG_1.png")
    pairs = pair_rows(mined(tmp_path / "set", corpus))
    assert [pair.status for pair in pairs] == ["kept"]
    assert "neighbours in the largest cell, 2 images: exact join" in capsys.readouterr().out


def test_a_set_inside_its_corpus_does_not_mine_itself(small_corpus, tmp_path):
    corpus = Path(shutil.copytree(small_corpus / "album-1", tmp_path / "corpus"))
    for _ in range(2):
        pair_set = mined(corpus / "set", corpus)
    assert all_rows(pair_set, "images").num_rows == 2


def test_an_unknown_encoder_is_an_error_before_any_work(tmp_path, small_corpus):
    with pytest.raises(SettingsError, match="names no encoder"):
        mined(tmp_path / "set", small_corpus, encoder="resnet")
    assert not (tmp_path / "set").exists()


def test_an_unreachable_hub_names_the_choices_and_scans_nothing(
    tmp_path, small_corpus, monkeypatch
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    settings = {"encoder": "dinov2:no-such/model", "workers": 1}
    with pytest.raises(ModelUnavailableError, match="--encoder lite0"):
        mine(MineSettings(set_url=str(tmp_path / "set"), corpus=[str(small_corpus)], **settings))
    assert not list((tmp_path / "set" / "images").glob("0*.parquet"))
