"""Pairs that show the same things are one scene, and a scene is on one side of the split."""

from finetune.scenes import PairPlace, SplitRule, scenes_of
from pairset.records.example import Split

SCENES = [f"scene-{number}" for number in range(2_000)]


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


def test_about_the_wanted_share_is_held_out() -> None:
    rule = SplitRule(held_out_share=0.25, seed=0)

    held_out = sum(rule.side_of(scene) is Split.HELD_OUT for scene in SCENES)
    assert abs(held_out / len(SCENES) - 0.25) < 0.03


def test_a_scene_stays_on_its_side_and_another_seed_holds_out_others() -> None:
    first, again, other = SplitRule(0.25, 0), SplitRule(0.25, 0), SplitRule(0.25, 1)

    assert [first.side_of(scene) for scene in SCENES] == [again.side_of(scene) for scene in SCENES]
    assert [first.side_of(scene) for scene in SCENES] != [other.side_of(scene) for scene in SCENES]


def test_holding_out_more_keeps_what_was_held_out() -> None:
    some, more = SplitRule(0.2, 0), SplitRule(0.3, 0)

    for scene in SCENES:
        if some.side_of(scene) is Split.HELD_OUT:
            assert more.side_of(scene) is Split.HELD_OUT
