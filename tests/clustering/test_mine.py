"""The verb on a small corpus, in this process: rows, resuming, growing, workers."""

import io
import os
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustering.mine import mine
from clustering.settings import MineSettings
from pairset.cli import main
from pairset.errors import EmptyCorpusError, ModelUnavailableError, SettingsError
from pairset.store import PairSet
from tests.clustering.conftest import all_rows, encoded, noise, pair_rows, with_sticker


def mined(folder: Path, *corpus: Path, **changes) -> PairSet:
    settings = {"encoder": "lite0", "workers": 1, "images_per_shard": 4} | changes
    mine(MineSettings(set_url=str(folder), corpus=[str(path) for path in corpus], **settings))
    return PairSet(str(folder))


def times(folder: Path) -> dict[str, int]:
    shards = folder.rglob("*.parquet")
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in shards}


def test_each_picture_is_paired_with_its_edit(tmp_path, small_corpus, capsys):
    pair_set = mined(tmp_path / "set", small_corpus)
    kept = [pair for pair in pair_rows(pair_set) if pair.status == "kept"]
    assert len(kept) == 6
    for pair in kept:
        names = {Path(uri).stem.removesuffix("-edit") for uri in (pair.source_uri, pair.target_uri)}
        assert len(names) == 1
        assert pair.source_id < pair.target_id
        assert pair.change_box is not None
        assert pair.cluster is not None
    assert "12 images (0 unusable)" in capsys.readouterr().out


def test_the_same_command_again_touches_no_shard(tmp_path, small_corpus):
    mined(tmp_path / "set", small_corpus)
    before = times(tmp_path / "set")
    mined(tmp_path / "set", small_corpus)
    assert times(tmp_path / "set") == before


def test_the_rows_do_not_depend_on_the_number_of_workers(tmp_path, small_corpus):
    one = mined(tmp_path / "one", small_corpus)
    two = mined(tmp_path / "two", small_corpus, workers=2)
    for stage in ("images", "pairs", "clusters"):
        assert all_rows(one, stage) == all_rows(two, stage)


def test_other_settings_are_another_run_beside_the_first(tmp_path, small_corpus):
    mined(tmp_path / "set", small_corpus)
    before = times(tmp_path / "set")
    pair_set = mined(tmp_path / "set", small_corpus, pair_graph="all")
    after = times(tmp_path / "set")
    assert before.items() <= after.items()
    assert len({path.split("/")[1] for path in after if path.startswith("pairs/")}) == 2
    assert pair_set.current("pairs") is not None


def test_new_files_become_new_shards(tmp_path, small_corpus):
    mined(tmp_path / "set", small_corpus)
    before = times(tmp_path / "set")
    noise(99).save(small_corpus / "later.png")
    pair_set = mined(tmp_path / "set", small_corpus)
    after = times(tmp_path / "set")
    assert before.items() <= after.items()
    assert all_rows(pair_set, "images").num_rows == 13


def test_cells_part_the_corpus_and_lose_or_double_no_pair(tmp_path, small_corpus):
    whole = mined(tmp_path / "whole", small_corpus)
    parted = mined(tmp_path / "parted", small_corpus, cell_size=4, cells_per_image=2)
    ids = [pair.pair_id for pair in pair_rows(parted)]
    assert len(ids) == len(set(ids))
    kept = [{p.pair_id for p in pair_rows(s) if p.status == "kept"} for s in (whole, parted)]
    assert kept[0] == kept[1]


def test_exact_copies_are_rows_of_their_own(tmp_path):
    corpus = tmp_path / "corpus"
    for name in ("a", "b", "c"):
        (corpus / name).mkdir(parents=True)
        (corpus / name / "same.png").write_bytes(encoded(noise(1), "PNG"))
    pairs = pair_rows(mined(tmp_path / "set", corpus))
    assert [pair.status for pair in pairs] == ["exact_copy", "exact_copy"]
    assert len({pair.pair_id for pair in pairs}) == 2


def test_a_set_inside_its_corpus_does_not_mine_itself(tmp_path, small_corpus):
    mined(small_corpus / "set", small_corpus)
    pair_set = mined(small_corpus / "set", small_corpus)
    assert all_rows(pair_set, "images").num_rows == 12


def test_an_empty_corpus_is_an_error_before_any_work(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "notes.md").write_text("no picture")
    with pytest.raises(EmptyCorpusError):
        mined(tmp_path / "set", tmp_path / "corpus")
    assert not (tmp_path / "set").exists()
    assert main(["mine", str(tmp_path / "set"), str(tmp_path / "corpus")]) == 2
    assert main(["mine", str(tmp_path / "set"), str(tmp_path / "nowhere")]) == 2


def test_an_unknown_encoder_is_an_error_before_any_work(tmp_path, small_corpus):
    with pytest.raises(SettingsError, match="names no encoder"):
        mined(tmp_path / "set", small_corpus, encoder="resnet")


def test_an_unreachable_hub_names_the_choices_and_scans_nothing(
    tmp_path, small_corpus, monkeypatch
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    with pytest.raises(ModelUnavailableError, match="--encoder lite0"):
        mined(tmp_path / "set", small_corpus, encoder="dinov2:no-such/model")
    assert not list((tmp_path / "set" / "images").glob("0*.parquet"))


def test_tars_and_parquet_files_give_images_with_what_is_said_of_them(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    with tarfile.open(corpus / "shard-0.tar", "w") as archive:
        for name, content in (
            ("one.jpg", encoded(noise(1))),
            ("one.txt", b"a blot"),
            ("two.png", encoded(noise(2), "PNG")),
            ("two.json", b'{"caption": "more", "license": "CC0"}'),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    cells = [{"bytes": encoded(noise(seed)), "path": None} for seed in range(3, 8)]
    table = pa.table({"image": [*cells, {"bytes": b"", "path": None}], "text": ["said"] * 6})
    pq.write_table(table, corpus / "rows.parquet", row_group_size=2)
    rows = all_rows(mined(tmp_path / "set", corpus), "images").to_pylist()
    good = [row for row in rows if not row["error_code"]]
    assert sorted(row["caption"] for row in good) == ["a blot", "more", *["said"] * 5]
    assert {row["licence"] for row in good} == {"CC0", None}
    assert [row["error_code"] for row in rows if row["error_code"]] == ["empty"]


def test_a_cut_off_tar_gives_its_good_members_and_one_error(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    with tarfile.open(corpus / "whole.tar", "w") as archive:
        for seed in range(3):
            content = encoded(noise(seed), "PNG")
            member = tarfile.TarInfo(f"{seed}.png")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    whole = (corpus / "whole.tar").read_bytes()
    (corpus / "whole.tar").rename(tmp_path / "whole.tar")
    (corpus / "cut.tar").write_bytes(whole[: archive.offset // 2])
    rows = all_rows(mined(tmp_path / "set", corpus), "images").to_pylist()
    assert [row["error_code"] for row in rows].count("unreadable") == 1
    assert any(row["error_code"] is None for row in rows)


def test_bad_input_is_one_row_each_with_its_reason(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    good = encoded(noise(1, 128))
    (corpus / "truncated.jpg").write_bytes(good[: len(good) // 2])
    (corpus / "empty.jpg").write_bytes(b"")
    (corpus / "text.jpg").write_text("no picture")
    noise(1).resize((1, 1)).save(corpus / "dot.png")
    noise(1).resize((20_000, 100)).save(corpus / "wide.png")
    noise(2).save(corpus / "moving.gif", save_all=True, append_images=[noise(3)])
    noise(4).convert("CMYK").save(corpus / "cmyk.jpg")
    noise(5).convert("L").convert("I;16").save(corpus / "deep.png")
    (corpus / "broken.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (corpus / "loop.jpg").symlink_to(corpus / "loop.jpg")
    os.mkfifo(corpus / "pipe.jpg")
    (corpus / "folder.jpg").mkdir()
    with open(os.fsencode(corpus) + b"/caf\xe9.png", "wb") as file:
        file.write(encoded(noise(6), "PNG"))
    rows = all_rows(mined(tmp_path / "set", corpus), "images").to_pylist()
    found = {row["uri"].rsplit("/", 1)[-1]: row["error_code"] for row in rows}
    assert found == {
        "truncated.jpg": "truncated",
        "empty.jpg": "empty",
        "text.jpg": "not_an_image",
        "dot.png": "too_small",
        "wide.png": "too_large",
        "moving.gif": "animated",
        "cmyk.jpg": None,
        "deep.png": None,
        "broken.jpg": "missing",
        "loop.jpg": "unreadable",
        "pipe.jpg": "unreadable",
        "caf%E9.png": None,
    }


def test_an_edit_is_found_across_folders_with_equal_names(tmp_path):
    corpus = tmp_path / "corpus"
    for place, picture in (("x", noise(1, 128)), ("y", with_sticker(noise(1, 128)))):
        (corpus / place).mkdir(parents=True)
        picture.save(corpus / place / "IMG_1.png")
    pairs = pair_rows(mined(tmp_path / "set", corpus))
    assert [pair.status for pair in pairs] == ["kept"]
