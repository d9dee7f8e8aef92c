"""Images inside tars and Parquet files."""

import io
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairset.errors import EmptyCorpusError
from tests.clustering.conftest import all_rows, encoded, mined, noise


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


def test_names_and_texts_that_are_no_unicode_spoil_nothing(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    with tarfile.open(corpus / "a#b.tar", "w") as archive:
        for name, content in (
            ("caf\udce9.png", encoded(noise(1), "PNG")),
            ("one.png", encoded(noise(2), "PNG")),
            ("one.json", b'{"caption": "half a \\ud83d pair"}'),
            ("two.json", b"[" * 100_000),
            ("three.json", b"9" * 5_000),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    rows = all_rows(mined(tmp_path / "set", corpus), "images").to_pylist()
    assert [row["error_code"] for row in rows] == [None, None]
    assert [row["caption"] for row in rows] == [None, "half a \ufffd pair"]


def test_a_corpus_whose_containers_hold_no_image_is_empty(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    with tarfile.open(corpus / "sounds.tar", "w") as archive:
        member = tarfile.TarInfo("one.flac")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"sound"))
    pq.write_table(pa.table({"image": pa.array([], pa.binary())}), corpus / "rows.parquet")
    for _ in ("at first", "and again"):
        with pytest.raises(EmptyCorpusError, match=r"No images in .*corpus"):
            mined(tmp_path / "set", corpus)
    (corpus / "late.png").write_bytes(encoded(noise(1), "PNG"))
    rows = all_rows(mined(tmp_path / "set", corpus), "images").to_pylist()
    assert [row["error_code"] for row in rows if row["error_code"] != "empty"] == [None]
