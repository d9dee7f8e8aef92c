from collections.abc import Sequence

import pytest

from clustering.selection import select
from clustering.settings import MineSettings
from pairset.records import Pair
from pairset.records.pair import PairStatus, pair_id_of


def settings(graph: str = "star", per_image: int = 100, per_cluster: int = 100) -> MineSettings:
    return MineSettings(
        set_url="set",
        corpus=["photos"],
        pair_graph=graph,
        pairs_per_image=per_image,
        pairs_per_cluster=per_cluster,
    )


def pair(
    source: str,
    target: str,
    unexplained: tuple[float, float] = (0.1, 0.1),
    change: float = 10.0,
    status: str = "kept",
):
    """unexplained: of the target by the source, and the other way round."""
    return Pair(
        pair_id=pair_id_of(source, target),
        reverse_pair_id=pair_id_of(target, source),
        source_id=source,
        target_id=target,
        source_uri=source,
        target_uri=target,
        cluster="scene",
        color_difference=change,
        unexplained=unexplained[0],
        unexplained_backwards=unexplained[1],
        status=status,
    )


def kept(pairs: Sequence[Pair], graph: str = "star") -> set[str]:
    chosen = select(pairs, settings(graph))
    return {each.source_id + each.target_id for each in chosen if each.status == "kept"}


LOSSY = (0.5, 0.05)
"""The target explains the source, which has lost too much to explain it."""
TWO_EDITS = (0.6, 0.6)

SCENE = [
    pair("a", "o", LOSSY),
    pair("b", "o", LOSSY),
    pair("c", "o"),
    pair("a", "b", TWO_EDITS),
    pair("a", "c", TWO_EDITS),
    pair("b", "c", (0.1, 0.05), change=1),
]


def test_a_star_keeps_what_leads_from_the_original_to_each_edit():
    assert kept(SCENE) == {"ao", "bo", "co"}


def test_a_tree_keeps_the_smallest_changes_that_join_the_scene():
    assert len(kept(SCENE, "tree")) == 3
    assert "bc" in kept(SCENE, "tree")


def test_all_keeps_all():
    assert len(kept(SCENE, "all")) == len(SCENE)


def test_what_is_left_out_is_a_row_that_says_so():
    statuses = {each.status for each in select(SCENE, settings())}
    assert statuses == {PairStatus.KEPT, PairStatus.IMPLIED}


def test_a_copy_of_the_original_adds_no_second_pair_for_the_same_edit():
    copy = pair("o", "p", status=PairStatus.RE_ENCODED)
    assert kept([*SCENE, copy, pair("a", "p", LOSSY, change=11)]) == {"ao", "bo", "co"}


def test_two_scenes_in_one_cluster_get_a_hub_each():
    assert kept([*SCENE, pair("x", "y"), pair("y", "z")]) == {"ao", "bo", "co", "xy", "yz"}


@pytest.mark.parametrize("graph", ["star", "tree", "all"])
def test_the_order_of_the_pairs_changes_nothing(graph):
    assert kept(SCENE, graph) == kept(SCENE[::-1], graph)


def test_the_caps_are_held_and_named():
    statuses = [each.status for each in select(SCENE, settings(per_image=2))]
    assert statuses.count(PairStatus.KEPT) == 2
    assert statuses.count(PairStatus.OVER_IMAGE_CAP) == 1
    statuses = [each.status for each in select(SCENE, settings(per_cluster=1))]
    assert statuses.count(PairStatus.OVER_CLUSTER_CAP) == 2


def test_a_chain_without_an_original_is_covered_too():
    chain = [pair("a", "b", TWO_EDITS), pair("b", "c", TWO_EDITS), pair("c", "d", TWO_EDITS)]
    assert len(kept(chain)) >= 2


def test_of_two_images_that_reach_all_others_the_hub_is_the_one_that_explains_them():
    twins = [pair("a", "o", LOSSY), pair("a", "x", LOSSY), pair("o", "x", (0.05, 0.05))]
    assert kept(twins) == {"ao", "ox"}


def test_a_pair_without_numbers_counts_as_unexplained():
    unknown = pair("a", "b", (None, None))
    assert kept([unknown, pair("a", "o"), pair("b", "o")]) == {"ao", "bo"}
