"""A picture with two places is found while one of them holds it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from annotator.pictures import load_example_images, load_questions
from annotator.tasks import Task
from pairset.app.cli import main
from pairset.decoding import ImageError
from pairset.records import Example
from pairset.rows.places import placed_examples
from pairset.store import PairSet
from tests.annotator.shown_set import make_examples, pairs_of
from tests.finetune.evaluation.reviewed_set import make_reviewed_set
from tests.pairset.second_places import copy_everything

MAX_PIXELS = 10_000


@pytest.fixture
def pair_set(tmp_path: Path) -> PairSet:
    """Every picture has a second place."""
    found = make_reviewed_set(tmp_path, 8)
    copy_everything(found, tmp_path / "second")
    return found


@pytest.fixture
def examples(pair_set: PairSet) -> list[Example]:
    return make_examples(pair_set)


def delete(path: Path) -> None:
    path.unlink()


def replace_by_another(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"another")


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("lose", [delete, replace_by_another, empty])
def test_an_example_is_read_from_the_place_that_is_left(
    pair_set: PairSet, examples: list[Example], lose: Callable[[Path], None]
) -> None:
    for example in examples:
        lose(Path(str(example.source_uri)))
    placed = placed_examples(pair_set, examples)

    for example in examples:
        assert len(load_example_images(example, MAX_PIXELS, placed)) == 2
        with pytest.raises(ImageError, match=str(example.source_uri)):
            load_example_images(example, MAX_PIXELS, {})


def test_an_exemplar_is_read_from_the_place_that_is_left(
    pair_set: PairSet, examples: list[Example]
) -> None:
    pair, shown = pairs_of(pair_set)[0], examples[1]
    Path(str(shown.target_uri)).unlink()
    ends = (pair.source_id, pair.target_id, pair.source_uri, pair.target_uri)
    task = Task("a", pair.pair_id, *ends, exemplars=(shown,))
    there = replace(task, exemplar_images=placed_examples(pair_set, [shown]))

    (lost,), (found,) = (load_questions([each], MAX_PIXELS) for each in (task, there))
    assert isinstance(lost, ImageError)
    assert not isinstance(found, ImageError)


def test_an_example_of_a_pair_that_is_gone_is_read_where_it_says(
    pair_set: PairSet, examples: list[Example]
) -> None:
    gone = replace(examples[0], pair_id="gone")
    placed = placed_examples(pair_set, [gone])

    assert {uri: image.uris for uri, image in placed.items()} == {
        str(gone.source_uri): (gone.source_uri,),
        str(gone.target_uri): (gone.target_uri,),
    }


def test_the_page_of_an_evaluation_shows_what_is_left(pair_set: PairSet) -> None:
    for pair in pairs_of(pair_set):
        Path(pair.source_uri).unlink()

    assert main(["evaluate", pair_set.url, "--held-out-share", "0.5"]) == 0
    page = Path(pair_set.url, "report", "evaluation.html").read_text(encoding="utf-8")
    assert "data:image/jpeg" in page
    assert "no such file" not in page
