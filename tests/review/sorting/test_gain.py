"""Looks go where they change and teach the most, and where others have not taught it yet."""

import random
from dataclasses import replace

from review.sorting.gain import Prospect, gain_order


def prospect(name: str, right: float = 0.5, scene: str = "", kind: str = "add") -> Prospect:
    return Prospect(name, right, scene or f"scene of {name}", kind)


def names(prospects: list[Prospect], errors: dict[str, int] | None = None) -> list[str]:
    return [prospects[place].name for place in gain_order(prospects, errors)]


def test_what_is_likely_wrong_comes_first() -> None:
    assert names([prospect("sure", 0.9), prospect("doubtful", 0.2)]) == ["doubtful", "sure"]


def test_a_scene_teaches_less_with_every_look() -> None:
    order = names(
        [prospect("a", 0.1, "s"), prospect("b", 0.15, "s"), prospect("c", 0.25, "elsewhere")]
    )

    assert order == ["a", "c", "b"]


def test_a_kind_of_edit_teaches_less_the_more_errors_of_it_are_queued() -> None:
    many = [prospect(f"a{number:02}", 0.1) for number in range(20)]
    order = names([*many, prospect("rare", 0.35, kind="style")])

    assert 1 < order.index("rare") < 10


def test_what_no_words_would_help_comes_later() -> None:
    hopeless = replace(prospect("hopeless", 0.1), fixable=0.1)

    assert names([hopeless, prospect("mendable", 0.5)]) == ["mendable", "hopeless"]


def test_kinds_that_were_mended_often_come_later() -> None:
    pair = [prospect("a", 0.4), prospect("z", 0.4, kind="style")]

    assert names(pair) == ["a", "z"]
    assert names(pair, {"add": 40}) == ["z", "a"]


def test_the_order_they_come_in_does_not_matter() -> None:
    generator = random.Random(0)
    everyone = [
        prospect(f"{number:03}", generator.random(), f"s{number % 40}", f"k{number % 5}")
        for number in range(300)
    ]
    mixed = generator.sample(everyone, len(everyone))

    assert names(everyone) == names(mixed)
    assert len(set(names(everyone))) == 300


def test_the_lazy_order_is_the_greedy_one() -> None:
    """Held against weighing all that is left for every place."""
    generator = random.Random(1)
    everyone = [
        prospect(f"{number:03}", generator.random(), f"s{number % 13}", f"k{number % 4}")
        for number in range(120)
    ]
    looks: dict[str, int] = {}
    errors: dict[str, float] = {}
    left, greedy = list(everyone), []
    while left:
        best = max(
            left,
            key=lambda each: (
                (1 - each.right)
                / (1 + looks.get(each.scene, 0)) ** 0.25
                / (1 + errors.get(each.kind, 0.0)) ** 0.25
            ),
        )
        left.remove(best)
        greedy.append(best.name)
        looks[best.scene] = looks.get(best.scene, 0) + 1
        errors[best.kind] = errors.get(best.kind, 0.0) + 1 - best.right

    assert names(everyone) == greedy


def test_fewer_places_are_the_first_of_all() -> None:
    everyone = [prospect(f"{number:02}", number / 50, f"s{number % 7}") for number in range(50)]

    assert gain_order(everyone, count=9) == gain_order(everyone)[:9]
    assert gain_order([], count=9) == []
