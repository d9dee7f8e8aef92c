"""Pairs that show the same things are one scene."""

from pairset.rows.scenes import PairPlace, scenes_of


def test_pairs_that_share_an_image_are_one_scene() -> None:
    scenes = scenes_of([PairPlace("p", "a", "b", None), PairPlace("q", "b", "c", None)])

    assert scenes == {"p": "a", "q": "a"}


def test_pairs_of_one_cluster_are_one_scene() -> None:
    scenes = scenes_of([PairPlace("p", "d", "c", "0-1"), PairPlace("q", "b", "e", "0-1")])

    assert scenes == {"p": "b", "q": "b"}


def test_pairs_that_hang_together_over_others_are_one_scene() -> None:
    chain = [PairPlace("p", "a", "b", "1"), PairPlace("q", "c", "d", "2")]
    link = PairPlace("r", "b", "c", "3")

    assert len(set(scenes_of(chain).values())) == 2
    assert set(scenes_of([*chain, link]).values()) == {"a"}


def test_other_cluster_names_leave_a_scene_its_own() -> None:
    before, after = (
        scenes_of([PairPlace("p", "a", "b", name), PairPlace("q", "a", "c", name)])
        for name in ("0-1", "7-9")
    )

    assert before == after
