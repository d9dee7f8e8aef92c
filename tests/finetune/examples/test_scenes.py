"""A scene is on one side of the split, and stays there."""

from finetune.examples.split import SplitRule
from pairset.records.example import Split

SCENES = [f"scene-{number}" for number in range(2_000)]


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
