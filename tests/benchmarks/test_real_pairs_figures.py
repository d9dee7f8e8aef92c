"""The figures of a tiny corpus whose answers are known: four scenes, nine photos, five pairs."""

from pathlib import Path

import pytest

from benchmarks.real_pairs.corpus import Corpus, CorpusError, KnownPair, read_corpus
from benchmarks.real_pairs.figures import (
    Half,
    MinedCorpus,
    MinedPair,
    figures_of,
    lost_of,
    precision_of,
    recall_of,
    table_of,
)

SCENES = {photo: photo[0] for photo in ("a1", "a2", "a3", "b1", "b2", "c1", "c2", "d1", "d2")}
KNOWN = (
    KnownPair("a1", "a2", "edit", "local edit"),
    KnownPair("a1", "a3", "edit", "style edit"),
    KnownPair("b1", "b2", "edit", "local edit"),
    KnownPair("c1", "c2", "place", "other season"),
    KnownPair("d1", "d2", "place", "other season"),
)
MINED = (
    MinedPair("id-a2", "id-a1", "kept", 0.9),
    MinedPair("id-a3", "id-a2", "kept", 0.8),
    MinedPair("id-a1", "id-a3", "implied", 0.8),
    MinedPair("id-b1", "id-b2", "unrelated", 0.7),
    MinedPair("id-b1", "id-c1", "kept", 0.7),
    MinedPair("id-c1", "id-c2", "unrelated", 0.6),
)


def mined_corpus(*pairs: MinedPair, image_ids: dict[str, str] | None = None) -> MinedCorpus:
    ids = image_ids or {photo: f"id-{photo}" for photo in SCENES}
    return MinedCorpus(Corpus(Path("photos"), KNOWN, SCENES), ids, pairs)


def test_a_known_pair_counts_in_either_direction() -> None:
    recall = recall_of(mined_corpus(*MINED).fates(Half.ALL))

    assert recall == {"edit": pytest.approx(1 / 3), "place": 0, "all": pytest.approx(1 / 5)}
    assert list(recall)[-1] == "all"


def test_what_is_lost_has_a_reason() -> None:
    assert lost_of(mined_corpus(*MINED).fates(Half.ALL)) == {
        "unrelated": {"edit": 1, "place": 1, "all": 2},
        "implied": {"edit": 1, "all": 1},
        "not_a_candidate": {"place": 1, "all": 1},
    }


def test_precision_asks_for_one_scene_and_not_for_a_known_pair() -> None:
    assert precision_of(mined_corpus(*MINED), Half.ALL) == pytest.approx(2 / 3)


def test_without_a_kept_pair_there_is_no_precision() -> None:
    assert precision_of(mined_corpus(), Half.ALL) is None


def test_the_last_line_has_all_figures() -> None:
    figures = figures_of(mined_corpus(*MINED), Half.ALL, core_seconds=4.5)

    assert figures["candidates_per_image"] == round(6 / 9, 4)
    assert figures["core_seconds_per_image"] == 0.5
    assert figures["kept"] == 3
    assert figures["precision"] == round(2 / 3, 4)


def test_a_time_that_is_not_known_is_left_open() -> None:
    assert figures_of(mined_corpus(*MINED), Half.ALL, None)["core_seconds_per_image"] is None


def test_each_pair_is_in_exactly_one_half() -> None:
    mined = mined_corpus(*MINED)
    first, second = (mined.kept(half) for half in (Half.FIRST, Half.SECOND))

    assert sorted([*first, *second], key=MINED.index) == mined.kept(Half.ALL)
    counted = [len(mined.fates(half)) for half in (Half.FIRST, Half.SECOND)]
    assert sum(counted) == len(KNOWN)
    assert all(counted)


def test_about_half_of_the_scenes_are_in_the_first_half() -> None:
    scenes = [f"s{number:04}" for number in range(1000)]

    assert 450 < sum(map(Half.FIRST.has, scenes)) < 550


def test_copies_of_a_file_are_one_image_of_all_their_scenes() -> None:
    ids = {photo: f"id-{photo}" for photo in SCENES} | {"c1": "id-b1"}
    mined = mined_corpus(MinedPair("id-b1", "id-c2", "kept", 0.9), image_ids=ids)

    assert precision_of(mined, Half.ALL) == 1
    assert recall_of(mined.fates(Half.ALL))["place"] == 0.5
    assert mined.photo_of["id-b1"] == "b1"


def test_two_known_copies_were_turned_away_as_copies() -> None:
    ids = {photo: f"id-{photo}" for photo in SCENES} | {"b2": "id-b1"}
    mined = mined_corpus(MinedPair("id-b1", "id-b1", "exact_copy", None), image_ids=ids)

    assert lost_of(mined.fates(Half.ALL))["exact_copy"] == {"edit": 1, "all": 1}


def test_the_table_has_families_their_kinds_and_the_sum() -> None:
    lines = table_of(mined_corpus(*MINED).fates(Half.ALL)).splitlines()

    assert [" ".join(line.split()) for line in lines] == [
        "family, kind pairs kept lost",
        "edit 3 0.33 implied 1, unrelated 1",
        "local edit 2 0.50 unrelated 1",
        "style edit 1 0.00 implied 1",
        "place 2 0.00 unrelated 1, not_a_candidate 1",
        "other season 2 0.00 unrelated 1, not_a_candidate 1",
        "all 5 0.20 unrelated 2, implied 1, not_a_candidate 1",
    ]


def write_corpus(folder: Path, scenes: str, pairs: str) -> Path:
    (folder / "photos").mkdir()
    (folder / "photos" / "1.jpg").touch()
    (folder / "scenes.csv").write_text(scenes)
    (folder / "pairs.csv").write_text(pairs)
    return folder


def test_a_corpus_is_read_from_its_tables(tmp_path: Path) -> None:
    pairs = "first,second,family,kind,source\n1.jpg,2.jpg,edit,local edit,somebody\n"
    folder = write_corpus(tmp_path, "photo,scene\n1.jpg,a\n2.jpg,a\n", pairs)

    corpus = read_corpus(folder)

    assert corpus.pairs == (KnownPair("1.jpg", "2.jpg", "edit", "local edit"),)
    assert corpus.scenes == {"1.jpg": "a", "2.jpg": "a"}


def test_a_photo_without_a_scene_is_named(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, "photo,scene\n2.jpg,a\n", "first,second,family,kind\n")

    with pytest.raises(CorpusError, match=r"1\.jpg"):
        read_corpus(folder)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, "photo\n1.jpg\n", "first,second,family,kind\n")

    with pytest.raises(CorpusError, match=r"scenes\.csv has no column scene"):
        read_corpus(folder)
