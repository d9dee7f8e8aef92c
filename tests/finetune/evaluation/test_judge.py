"""A judge is held against the reviewers before anything it says counts."""

from collections.abc import Iterator

import pytest
from sklearn.metrics import cohen_kappa_score

from finetune.evaluation.contest import hold_contest
from finetune.evaluation.judge import (
    Judge,
    agreement_with_reviewers,
    ask_all,
    compare_with_reviewers,
    judge_rows,
    verdict_in,
)
from pairset.errors import EngineDownError, SettingsError
from pairset.records import Example
from pairset.store import PairSet
from tests.annotator.fake_server import (
    FakeServer,
    Scripted,
    failure,
    raw_reply,
    running_fake_server,
)

SAME, OTHER = ("Add a disc.", "Put in a disc."), ("Add a disc.", "Remove the disc.")


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with running_fake_server() as fake:
        yield fake


def judge_at(server: FakeServer, retries: int = 0) -> Judge:
    return Judge(server.url, "fake", retries)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("yes", True),
        ("No.", False),
        ("**Yes**, they do.", True),
        ("<think>no, or yes?</think>\n\nNo", False),
        ("nothing of the kind", None),
        ("It depends.", None),
        ("", None),
    ],
)
def test_a_verdict_is_the_word_an_answer_begins_with(text: str, verdict: bool | None) -> None:
    assert verdict_in(text) is verdict


@pytest.mark.parametrize("content", [["yes"], {"text": "yes"}, None, 7])
def test_an_answer_of_another_shape_is_read_or_is_none(server: FakeServer, content: object) -> None:
    server.otherwise = lambda: Scripted(body={"choices": [{"message": {"content": content}}]})
    expected = True if isinstance(content, list | dict) else None

    assert ask_all(judge_at(server), [SAME]) == [expected]


def test_a_judge_without_an_address_shows_no_password() -> None:
    with pytest.raises(SettingsError, match="--judge-server") as raised:
        ask_all(Judge("http://me:CANARY@[::1", "m"), [SAME])
    assert "CANARY" not in str(raised.value)


def test_the_same_question_is_asked_once_and_shows_both_instructions(server: FakeServer) -> None:
    server.queue.extend([raw_reply("yes")])

    assert ask_all(judge_at(server), [SAME, SAME]) == [True, True]
    (request,) = server.requests
    assert (request["model"], request["temperature"]) == ("fake", 0)
    assert all(words in request["messages"][0]["content"] for words in SAME)


def test_what_is_neither_yes_nor_no_is_no_answer(server: FakeServer) -> None:
    server.queue.extend([raw_reply("perhaps")])
    assert ask_all(judge_at(server), [SAME]) == [None]

    server.queue.extend([failure(400)])
    assert ask_all(judge_at(server), [OTHER]) == [None]


def test_a_hiccup_is_tried_again(server: FakeServer) -> None:
    server.queue.extend([failure(503), raw_reply("no")])

    assert ask_all(judge_at(server, retries=1), [OTHER]) == [False]


def test_a_dead_judge_stops_the_run_and_is_named(server: FakeServer) -> None:
    server.otherwise = lambda: failure(503)
    with pytest.raises(EngineDownError, match=r"The judge at .*without --judge-server"):
        ask_all(judge_at(server), [SAME])
    with pytest.raises(EngineDownError, match=r"The judge at http://127\.0\.0\.1:9"):
        ask_all(Judge("http://127.0.0.1:9/v1", "fake", 0), [SAME])


def test_a_wrong_token_is_told_as_such(server: FakeServer) -> None:
    server.otherwise = lambda: failure(401)

    with pytest.raises(SettingsError, match="PAIRSET_API_KEY"):
        ask_all(judge_at(server), [SAME])


def test_kappa_is_that_of_scikit_learn() -> None:
    reviewers = [True, True, True, False, False, False, True]
    judged = [True, True, False, False, False, True, None]
    found = compare_with_reviewers("m", reviewers, judged)

    assert found.kappa == pytest.approx(cohen_kappa_score(reviewers[:6], judged[:6]))
    assert (found.pairs, found.unanswered) == (6, 1)
    assert (found.left_as_they_were, found.judged_same_of_those) == (3, 2)
    assert (found.corrected, found.judged_different_of_those) == (3, 2)


def test_a_judge_who_always_says_yes_has_no_kappa() -> None:
    assert compare_with_reviewers("m", [True, False], [True, True]).kappa is None
    assert compare_with_reviewers("m", [], []).kappa is None


def test_the_judge_is_asked_about_accepted_and_corrected_words(
    server: FakeServer, examples: list[Example]
) -> None:
    server.otherwise = lambda: raw_reply("yes")
    found = agreement_with_reviewers(judge_at(server), examples, most=1_000)

    usable = [each for each in examples if each.teaches]
    assert found.pairs == len(usable)
    assert found.left_as_they_were == sum(each.decision == "accept" for each in usable)
    assert found.judged_same_of_those == found.left_as_they_were
    assert found.judged_different_of_those == 0


def test_no_more_pairs_than_told_are_judged_and_always_the_same(
    server: FakeServer, examples: list[Example]
) -> None:
    server.otherwise = lambda: raw_reply("yes")
    first = agreement_with_reviewers(judge_at(server), examples, most=10)
    second = agreement_with_reviewers(judge_at(server), examples[::-1], most=10)

    assert first == second
    assert first.pairs == 10


def test_only_other_words_are_judged(
    server: FakeServer, reviewed: PairSet, examples: list[Example]
) -> None:
    server.otherwise = lambda: raw_reply("yes")
    base, adapted = hold_contest(reviewed, examples, []).rows.values()
    judged = judge_rows(judge_at(server), [*base, *adapted])

    assert any(row.judged_same for row in judged)
    assert all(row.judged_same is (None if row.exact_en or row.failed else True) for row in judged)
