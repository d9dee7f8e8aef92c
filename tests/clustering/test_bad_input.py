"""What lies in real folders: every broken file is one row with its reason, and nothing hangs."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image as Pillow

from clustering.encoders import load_encoder, parse_encoder
from pairset.app.cli import main
from pairset.errors import EmptyCorpusError
from tests.clustering.conftest import all_rows, encoded, mined, noise, pair_rows

LOCKED = 0o000
NOBODY = 65_534


def write_contents(corpus: Path) -> None:
    """Files whose bytes are wrong, or right in a way of their own."""
    good = encoded(noise(1, 128))
    (corpus / "truncated.jpg").write_bytes(good[: len(good) // 2])
    (corpus / "empty.jpg").write_bytes(b"")
    (corpus / "text.jpg").write_text("no picture")
    noise(1).resize((1, 1)).save(corpus / "dot.png")
    noise(1).resize((20_000, 100)).save(corpus / "strip.png")
    Pillow.new("1", (20_000, 20_000)).save(corpus / "bomb.png")
    noise(2).save(corpus / "moving.gif", save_all=True, append_images=[noise(3)])
    noise(4).convert("CMYK").save(corpus / "cmyk.jpg")
    noise(5).convert("L").convert("I;16").save(corpus / "deep.png")
    with open(os.fsencode(corpus) + b"/caf\xe9.png", "wb") as file:
        file.write(encoded(noise(6), "PNG"))


def make_places(corpus: Path) -> None:
    """Entries of a folder that are no ordinary files."""
    (corpus / "broken.jpg").symlink_to(corpus / "nowhere.jpg")
    (corpus / "loop.jpg").symlink_to(corpus / "loop.jpg")
    (corpus / "round").symlink_to(corpus, target_is_directory=True)
    os.mkfifo(corpus / "pipe.jpg")
    for name in ("one", "two"):
        (corpus / "folder.jpg" / name).mkdir(parents=True)
        noise(ord(name[0])).save(corpus / "folder.jpg" / name / "same.png")
    (corpus / "locked.jpg").write_bytes(encoded(noise(9)))
    (corpus / "locked.jpg").chmod(LOCKED)
    (corpus / "closed").mkdir()
    noise(10).save(corpus / "closed" / "hidden.png")
    (corpus / "closed").chmod(LOCKED)


@contextmanager
def no_superuser() -> Iterator[None]:
    """Inside, files are opened with the rights of nobody in particular: root may read all."""
    if os.geteuid() != 0:
        yield
        return
    try:
        os.seteuid(NOBODY)
    except OSError as error:  # a container without that right, or without that user
        pytest.skip(f"root cannot become nobody here: {error}")
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture(scope="module")
def rows(undisturbed) -> list[dict[str, str | None]]:
    """The undisturbed set is mined first, so that all modules are loaded: nobody may read none."""
    load_encoder(parse_encoder("lite0"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o777)
        (root / "corpus").mkdir()
        write_contents(root / "corpus")
        make_places(root / "corpus")
        with no_superuser():
            rows = all_rows(mined(root / "set", root / "corpus"), "images").to_pylist()
        (root / "corpus" / "closed").chmod(0o700)
    for row in rows:
        row["uri"] = row["uri"].rsplit("/corpus/", 1)[-1]
    return rows


def test_every_file_is_one_row_with_its_reason(rows):
    found = {row["uri"]: row["error_code"] for row in rows}
    assert len(rows) == len(found)
    expected = {
        "truncated.jpg": "truncated",
        "empty.jpg": "empty",
        "text.jpg": "not_an_image",
        "dot.png": "too_small",
        "strip.png": "too_large",
        "bomb.png": "too_large",
        "moving.gif": "animated",
        "cmyk.jpg": None,
        "deep.png": None,
        "caf%E9.png": None,
        "broken.jpg": "missing",
        "loop.jpg": "unreadable",
        "pipe.jpg": "unreadable",
        "folder.jpg/one/same.png": None,
        "folder.jpg/two/same.png": None,
        "locked.jpg": "unreadable",
        "closed/": "unreadable",
    }
    assert found == expected


def test_every_reason_is_told_in_words(rows):
    assert all(bool(row["error"]) == bool(row["error_code"]) for row in rows)


def test_a_corpus_of_broken_files_only_is_mined_to_no_pairs(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "empty.jpg").write_bytes(b"")
    pair_set = mined(tmp_path / "set", tmp_path / "corpus")
    assert all_rows(pair_set, "images")["error_code"].to_pylist() == ["empty"]
    assert pair_rows(pair_set) == []


def test_an_empty_corpus_is_an_error_before_any_work(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "notes.md").write_text("no picture")
    with pytest.raises(EmptyCorpusError):
        mined(tmp_path / "set", tmp_path / "corpus")
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("corpus", ["corpus", "nowhere"])
def test_an_empty_or_missing_corpus_ends_the_command_with_code_2(tmp_path, corpus):
    (tmp_path / "corpus").mkdir()
    assert main(["mine", str(tmp_path / "set"), str(tmp_path / corpus)]) == 2


def test_files_that_are_no_images_are_counted_and_passed_over(tmp_path, capsys):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "notes.md").write_text("no picture")
    (tmp_path / "corpus" / ".DS_Store").write_bytes(b"x")
    noise(1).save(tmp_path / "corpus" / "one.png")
    mined(tmp_path / "set", tmp_path / "corpus")
    assert "2 files passed over" in capsys.readouterr().out
