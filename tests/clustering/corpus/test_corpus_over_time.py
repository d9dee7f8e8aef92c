"""A corpus changes between runs: files are replaced, moved, or away for a while."""

import os
import tarfile
from pathlib import Path

import pytest

from clustering.corpus.listing import find_sources
from clustering.corpus.scan_plan import READINGS, plan_images
from clustering.corpus.unread import unread_files
from pairset.errors import EmptyCorpusError
from pairset.records.image import image_id_of
from pairset.records.pair import PairStatus
from pairset.rows.places import placed_images
from pairset.rows.tables import connect_tables
from pairset.store import PairSet, create_set
from tests.clustering.conftest import encoded, mined, noise, pair_rows, photo, with_sticker


def images_of(pair_set: PairSet) -> dict[str, str]:
    """Image ids by URI, as queries see them."""
    with connect_tables(pair_set) as tables:
        return dict(tables.execute("SELECT uri, image_id FROM images").fetchall())


def kept(pair_set: PairSet) -> dict[str, tuple[str, str]]:
    rows = (row for row in pair_rows(pair_set) if row.status == PairStatus.KEPT)
    return {row.pair_id: (row.source_uri, row.target_uri) for row in rows}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A photo and an edit of it."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    picture = photo("astronaut", side=128)
    picture.save(folder / "0.png")
    with_sticker(picture).save(folder / "0-edit.png")
    return folder


def test_a_replaced_file_loses_its_old_rows_and_pairs(corpus: Path, tmp_path: Path) -> None:
    before = kept(mined(tmp_path / "set", corpus))
    noise(1, 128).save(corpus / "0-edit.png")
    pair_set = mined(tmp_path / "set", corpus)

    assert len(before) == 1
    assert kept(pair_set) == {}
    there = {str(path): image_id_of(path.read_bytes()) for path in corpus.iterdir()}
    assert images_of(pair_set) == there


def test_a_touched_file_changes_no_row(corpus: Path, tmp_path: Path) -> None:
    before = mined(tmp_path / "set", corpus)
    pairs, images = pair_rows(before), images_of(before)
    os.utime(corpus / "0.png", ns=(1, 1))
    after = mined(tmp_path / "set", corpus)

    assert pair_rows(after) == pairs
    assert images_of(after) == images


def test_two_photos_that_were_swapped_keep_their_pair(corpus: Path, tmp_path: Path) -> None:
    before = kept(mined(tmp_path / "set", corpus))
    (corpus / "0.png").rename(tmp_path / "aside")
    (corpus / "0-edit.png").rename(corpus / "0.png")
    (tmp_path / "aside").rename(corpus / "0-edit.png")
    os.utime(corpus / "0.png", ns=(1, 1))
    os.utime(corpus / "0-edit.png", ns=(1, 1))
    after = kept(mined(tmp_path / "set", corpus))

    assert list(after) == list(before)
    assert after != before


def test_a_moved_folder_keeps_its_pairs_at_their_new_place(corpus: Path, tmp_path: Path) -> None:
    before = kept(mined(tmp_path / "set", corpus))
    moved = corpus.rename(tmp_path / "zz")
    pair_set = mined(tmp_path / "set", moved)

    assert {
        pair: tuple(uri.replace("/corpus/", "/zz/") for uri in uris)
        for pair, uris in before.items()
    } == kept(pair_set)
    assert all(row.status == PairStatus.KEPT for row in pair_rows(pair_set))


def test_a_copy_that_was_deleted_is_not_read(corpus: Path, tmp_path: Path) -> None:
    content = (corpus / "0.png").read_bytes()
    (corpus / "00-copy.png").write_bytes(content)
    pair_set = mined(tmp_path / "set", corpus)
    gone = str(corpus / "00-copy.png")
    (corpus / "00-copy.png").unlink()

    placed = placed_images(pair_set, {image_id_of(content): gone})
    assert placed[image_id_of(content)].read() == content


def test_a_tar_written_anew_has_its_new_members_alone(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()

    def write(*scenes: str) -> None:
        with tarfile.open(corpus / "a.tar", "w") as archive:
            for scene in scenes:
                path = tmp_path / f"{scene}.jpg"
                path.write_bytes(encoded(photo(scene, side=128)))
                archive.add(path, path.name)

    write("astronaut", "chelsea")
    mined(tmp_path / "set", corpus)
    write("coffee")
    found = images_of(mined(tmp_path / "set", corpus))
    assert list(found.values()) == [image_id_of((tmp_path / "coffee.jpg").read_bytes())]


def test_a_file_that_was_cut_is_read_once_it_is_whole(corpus: Path, tmp_path: Path) -> None:
    whole = (corpus / "0.png").read_bytes()
    (corpus / "0.png").write_bytes(whole[:900])
    assert kept(mined(tmp_path / "set", corpus)) == {}
    (corpus / "0.png").write_bytes(whole)
    assert len(kept(mined(tmp_path / "set", corpus))) == 1


def test_a_file_that_stays_bad_is_planned_a_few_times_only(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").write_bytes(b"x")
    pair_set = create_set(str(tmp_path / "set"))
    sources = find_sources([str(tmp_path / "photos")], pair_set.url).sources
    for _ in range(READINGS + 2):
        plan_images(pair_set, sources, 10, failed=set)
    assert len(pair_set.stage("images").plans()) == READINGS
    assert unread_files(pair_set, "none", {}) == set()


def test_every_spelling_of_a_folder_is_one_place(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus.parent)
    Path("link").symlink_to(corpus)
    monkeypatch.setenv("HOME", str(corpus.parent))
    spellings = ("corpus", "./corpus/", str(corpus), f"{corpus}/", "link", "~/corpus")
    found = [find_sources([each], "set").sources for each in spellings]
    assert all(sources == found[0] for sources in found)


def test_sets_in_a_corpus_are_passed_over(corpus: Path, tmp_path: Path) -> None:
    whole = find_sources([str(corpus)], "set").sources
    for name in ("own", "other"):
        (corpus / name / "images").mkdir(parents=True)
        (corpus / name / "runs").mkdir()
        (corpus / name / "images" / "plan-0000.parquet").write_bytes(b"")
        (corpus / name / "report").mkdir()
        photo("coffee", side=64).save(corpus / name / "report" / "t.png")

    found = find_sources([str(corpus)], str(corpus / "own"))
    assert found.sources == whole
    assert found.sets == [str(corpus / "other"), str(corpus / "own")]
    with pytest.raises(EmptyCorpusError):
        find_sources([str(corpus / "other")], "set")
