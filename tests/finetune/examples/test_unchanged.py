"""Copies that mining found teach that nothing changed, on the side of the pictures they show."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotator.prompting.prompt import load_prompt
from annotator.prompting.reply import check_reply
from finetune.examples.make import fields_of, make_examples
from finetune.examples.split import SplitRule
from finetune.examples.unchanged import PATCH_FLOOR, WORDS, unchanged_examples
from finetune.examples.weakness import oversampled
from pairset.app.cli import main
from pairset.models.adapter_cards import adapter_folder, read_card
from pairset.records import Example, Pair, table_of
from pairset.records.example import MINING
from pairset.records.image import image_id_of
from pairset.records.pair import pair_id_of
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import make_reviewed_set, pairs_of

PAIRS = 16
RULE = SplitRule(held_out_share=0.5, seed=0)


def copy_of(pair: Pair, number: int = 0, status: str = "re_encoded") -> Pair:
    """The source of a kept pair, and another file of the same picture."""
    content = Path(pair.source_uri).read_bytes() + f"{number} {status}".encode()
    path = Path(f"{pair.source_uri}.{number}.{status}.png")
    path.write_bytes(content)
    target_id = image_id_of(content)
    return replace(
        pair,
        pair_id=pair_id_of(pair.source_id, target_id),
        target_id=target_id,
        target_uri=str(path),
        status=status,
        change_components=0,
    )


def with_pairs(pair_set: PairSet, *more: Pair) -> PairSet:
    pair_set.stage("pairs", "drawn").write("00000", table_of(Pair, [*pairs_of(pair_set), *more]))
    return pair_set


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> PairSet:
    """Every kept pair has one copy of its source beside it."""
    pair_set = make_reviewed_set(tmp_path_factory.mktemp("drawn"), PAIRS)
    return with_pairs(pair_set, *map(copy_of, pairs_of(pair_set)))


@pytest.fixture
def mined(drawn: PairSet, tmp_path: Path) -> PairSet:
    return PairSet(shutil.copytree(drawn.url, tmp_path / "set").as_posix())


def unchanged(pair_set: PairSet, share: float, prompt: str = "brief") -> list[Example]:
    reviewed = make_examples(pair_set, RULE, include_auto=False)
    return unchanged_examples(pair_set, reviewed, RULE, prompt, share)


@pytest.mark.parametrize("prompt", ["brief", "full"])
def test_the_reply_says_in_the_words_of_the_prompt_that_nothing_changed(
    drawn: PairSet, prompt: str
) -> None:
    for example in unchanged(drawn, 0.4, prompt):
        reply = check_reply(str(example.reply))
        assert (reply.edit_type, reply.is_changed) == ("none", False)
        assert reply.instruction_en == reply.inverse_en == WORDS[prompt].en
        assert reply.instruction_zh == reply.inverse_zh == WORDS[prompt].zh


def test_a_prompt_of_ones_own_is_answered_as_the_full_one(drawn: PairSet) -> None:
    assert unchanged(drawn, 0.4, "in the file own.md") == unchanged(drawn, 0.4, "full") != []


def test_the_full_prompt_asks_for_these_words() -> None:
    asked = load_prompt("full").words

    assert f'"{WORDS["full"].en}"' in asked
    assert f'"{WORDS["full"].zh}"' in asked


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4])
def test_they_are_at_most_their_share_of_either_side(drawn: PairSet, share: float) -> None:
    reviewed = make_examples(drawn, RULE, include_auto=False)
    found = unchanged(drawn, share)

    assert bool(found) == (share > 0)
    for side, copies in Counter(each.split for each in found).items():
        everything = copies + sum(each.split == side for each in reviewed)
        assert copies / everything <= share < (copies + 1) / (everything + 1)


def test_a_copy_is_in_the_scene_of_the_picture_it_shows(drawn: PairSet) -> None:
    scenes = {
        pair.source_id: each.scene
        for each in make_examples(drawn, RULE, include_auto=False)
        for pair in pairs_of(drawn)
        if pair.pair_id == each.pair_id
    }
    sources = {pair.pair_id: pair.source_id for pair in pairs_of(drawn)}

    found = unchanged(drawn, 0.4)
    assert {each.split for each in found} == {"train", "held_out"}
    assert [each.scene for each in found] == [scenes[sources[each.pair_id]] for each in found]


def test_a_copy_of_a_copy_is_on_its_side_and_what_ties_two_scenes_on_none(mined: PairSet) -> None:
    first, second, third = pairs_of(mined)[:3]
    copy = copy_of(first, number=0)
    further = replace(copy_of(first, number=1), source_id=copy.target_id)
    tie = replace(copy_of(second, number=2), target_id=third.source_id)
    kept = [pair for pair in pairs_of(mined) if pair.status == "kept"]
    mined.stage("pairs", "drawn").write(
        "00000", table_of(Pair, [*kept, copy, further, copy_of(second), tie])
    )

    by_pair = {each.pair_id: each for each in unchanged(mined, 0.4)}
    assert set(by_pair) == {copy.pair_id, further.pair_id}
    assert len({each.scene for each in by_pair.values()}) == 1


def test_scenes_take_turns(mined: PairSet) -> None:
    first = pairs_of(mined)[0]
    with_pairs(mined, *(copy_of(first, number) for number in range(1, 9)))

    counts = Counter(each.scene for each in unchanged(mined, 0.3))
    assert max(counts.values()) == 1


@pytest.mark.parametrize("status", ["mirrored_copy", "near_duplicate", "unchanged", "unrelated"])
def test_what_may_be_an_edit_teaches_nothing(mined: PairSet, status: str) -> None:
    kept = [pair for pair in pairs_of(mined) if pair.status == "kept"]
    copies = [copy_of(pair, status=status) for pair in kept]
    mined.stage("pairs", "drawn").write("00000", table_of(Pair, [*kept, *copies]))

    assert unchanged(mined, 0.4) == []


def test_exact_copies_teach_too(mined: PairSet) -> None:
    kept = [pair for pair in pairs_of(mined) if pair.status == "kept"]
    exact = [replace(copy_of(pair, status="exact_copy"), target_id=pair.source_id) for pair in kept]
    mined.stage("pairs", "drawn").write("00000", table_of(Pair, [*kept, *exact]))

    assert {each.decision for each in unchanged(mined, 0.4)} == {"exact_copy"}


def test_a_picture_keeps_the_caption_it_has_in_review(drawn: PairSet) -> None:
    captions = {
        (fields["source_caption"], fields["target_caption"])
        for fields in (fields_of(str(each.reply)) for each in unchanged(drawn, 0.4))
    }

    assert captions == {("A blur.", "A blur.")}


def test_nobody_corrected_them_so_they_are_seen_once(drawn: PairSet) -> None:
    found = unchanged(drawn, 0.4)

    assert not any(each.is_corrected for each in found)
    assert oversampled(found, most=3) == found


@pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")
def test_training_says_how_many_it_learnt_and_none_when_told(
    mined: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ["--model", "starter", "--epochs", "1", "--batch-size", "4", "--rank", "8"]
    words = ["train", mined.url, *quick, "--held-out-share", "0.5", "--samples", "0"]
    assert main([*words, "--name", "with", "--unchanged-share", "0.4"]) == 0
    said = capsys.readouterr().out
    assert main([*words, "--name", "without", "--unchanged-share", "0"]) == 0

    learnt = sum(each.split == "train" for each in unchanged(mined, 0.4))
    counts, tables = [], []
    for name in ("with", "without"):
        card = read_card(adapter_folder(mined, name))
        assert card is not None
        tables.append(mined.stage("examples", card.examples).read("00000"))
        counts.append((card.unchanged, card.trained_on - card.unchanged))
    assert counts[0][0] == learnt > 0
    assert counts[1] == (0, counts[0][1])
    assert f"{learnt} unchanged pairs that nobody reviewed" in said
    reviewers = Counter(tables[0].column("reviewer").to_pylist())
    assert reviewers[MINING] == len(unchanged(mined, 0.4))


@pytest.mark.parametrize("numbers", [{"change_components": 1}, {"patch_shift": PATCH_FLOOR}])
def test_a_copy_in_which_a_region_or_a_patch_differs_strongly_teaches_nothing(
    mined: PairSet, numbers: dict[str, Any]
) -> None:
    edited = [replace(copy_of(pair, 7), **numbers) for pair in pairs_of(mined)[:PAIRS]]
    ids = {pair.pair_id for pair in edited}
    with_pairs(mined, *edited)

    assert not ids & {each.pair_id for each in unchanged(mined, 0.4)}
    sound = {"change_components": 0, "patch_shift": PATCH_FLOOR - 1}
    with_pairs(mined, *(replace(pair, **sound) for pair in edited))
    assert ids & {each.pair_id for each in unchanged(mined, 0.4)}
