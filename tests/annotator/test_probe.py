"""The verb against a server written by hand: what is asked, what is kept, what is asked again."""

import json
from collections import Counter
from typing import Any

import pytest

from annotator.annotate import annotate
from annotator.probe import probe
from annotator.settings import AnnotateSettings, ProbeSettings
from pairset.app.cli import main
from pairset.errors import EngineDownError, MissingStageError, SettingsError
from pairset.records import Annotation, Pair, rows_of
from pairset.rows.tables import connect_tables, stream_rows
from pairset.store import PairSet
from tests.annotator.fake_server import REPLY, FakeServer, Scripted, failure, raw_reply, reply

PAIRS = 6
CONTRASTS = ("swapped", "source_twice", "blank_target")


@pytest.fixture
def annotated(small_set: PairSet, fake: FakeServer) -> PairSet:
    """Six annotations by the model of the server, which then also says how likely a text is."""
    annotate(AnnotateSettings(set_url=small_set.url, server=fake.url, concurrency=1))
    fake.requests.clear()
    fake.otherwise = lambda: answer(fake.requests[-1])
    return small_set


def answer(request: dict[str, Any]) -> Scripted:
    """What a vLLM server would send: a reply, the log-probabilities of one, or one of two words."""
    if "prompt_logprobs" in request:
        return scored(request["messages"][-1]["content"][0]["text"])
    if "structured_outputs" in request:
        return chosen(yes=-0.1, no=-3.0)
    return reply(instruction_en="Brighten the image.")


def scored(text: str) -> Scripted:
    words = ["<|im_start|>", "assistant", *(f"{word} " for word in text.split(" "))]
    words[-1] = words[-1].removesuffix(" ")
    steps: list[dict[str, Any] | None] = [
        {str(place): {"logprob": -float(place), "decoded_token": word}}
        for place, word in enumerate(words)
    ]
    steps[0] = None  # as vLLM gives it: nothing comes before the first token
    return Scripted(body={"choices": [], "prompt_logprobs": steps})


def chosen(**likely: float) -> Scripted:
    top = [{"token": word, "logprob": logprob} for word, logprob in likely.items()]
    step = {"token": "yes", "logprob": 0.0, "top_logprobs": top}
    return Scripted(body={"choices": [{"logprobs": {"content": [step]}}]})


def run(pair_set: PairSet, **changes: object) -> list[dict[str, Any]]:
    probe(ProbeSettings(set_url=pair_set.url, concurrency=1, retries=1, **changes))
    with connect_tables(pair_set) as tables:
        return list(stream_rows(tables, "FROM probes ORDER BY annotation_id, kind, number"))


def kinds(rows: list[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(row["kind"] for row in rows))


def test_the_annotator_is_asked_everything_about_each_annotation(
    annotated: PairSet, fake: FakeServer
) -> None:
    rows = run(annotated, samples=2)

    assert kinds(rows) == {"critic": 6, "sample": 12, **dict.fromkeys(CONTRASTS, 6)}
    assert {(row["model"], row["engine"], row["error_code"]) for row in rows} == {
        ("fake", "server", None)
    }
    assert len(fake.requests) == len(rows) == len({row["probe_id"] for row in rows})


def test_a_critic_weighs_yes_against_no_alone(annotated: PairSet, fake: FakeServer) -> None:
    fake.queue.append(chosen(yes=-0.5, no=-1.5, maybe=-0.1))
    values = [row["p_yes"] for row in run(annotated, evidence=["critic"])]

    assert pytest.approx(1 / (1 + 2.718281828 ** (-1.0))) in values
    words = fake.requests[0]["messages"][0]["content"][2]["text"]
    assert REPLY["instruction_en"] in words


def test_contrasts_keep_the_tokens_of_the_instruction(annotated: PairSet) -> None:
    rows = run(annotated, evidence=["contrasts"])
    stored = annotations(annotated)

    for row in rows:
        assert len(row["logprobs"]) == len(stored[row["annotation_id"]].logprobs_en or ())
        assert row["logprobs"][0] == -3.0, "two tokens stand before the reply, and its first key"


def test_what_a_contrast_is_shown(annotated: PairSet, fake: FakeServer) -> None:
    run(annotated, evidence=["contrasts"], limit=1)
    shown = [[part["image_url"]["url"] for part in images(request)] for request in fake.requests]
    (swapped, twice, blank) = shown

    assert swapped[0] != swapped[1]
    assert twice == [swapped[1], swapped[1]]
    assert blank[0] == swapped[1]
    assert blank[1] not in swapped


def images(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in request["messages"][0]["content"] if part["type"] == "image_url"]


def test_samples_are_hot_and_cut_before_what_is_not_compared(
    annotated: PairSet, fake: FakeServer
) -> None:
    (row, *_) = run(annotated, evidence=["samples"], temperature=0.7)

    assert (row["instruction_en"], row["edit_type"]) == ("Brighten the image.", "brightness")
    assert len(row["logprobs"]) == 3
    assert {request["temperature"] for request in fake.requests} == {0.7}
    assert {tuple(request["stop"]) for request in fake.requests} == {('"is_changed"',)}


def test_asking_again_asks_nothing_and_more_samples_only_the_missing(
    annotated: PairSet, fake: FakeServer
) -> None:
    before = run(annotated, samples=2)
    asked = len(fake.requests)
    assert run(annotated, samples=2) == before
    assert len(fake.requests) == asked

    rows = run(annotated, samples=5)
    assert len(fake.requests) == asked + 3 * PAIRS
    assert len(rows) == len(before) + 3 * PAIRS


def test_another_model_is_asked_how_likely_it_finds_the_instruction(
    annotated: PairSet, fake: FakeServer
) -> None:
    fake.models = [{"id": "fake"}, {"id": "critic"}]
    rows = run(annotated, evidence=["contrasts"], server=fake.url, model="critic")

    assert kinds(rows) == {"as_it_is": 6, **dict.fromkeys(CONTRASTS, 6)}
    assert {row["model"] for row in rows} == {"critic"}
    assert {request["model"] for request in fake.requests} == {"critic"}


def test_only_the_doubtful_are_asked_about(annotated: PairSet) -> None:
    (confidence,) = {row.confidence for row in annotations(annotated).values()}
    assert confidence is not None

    assert run(annotated, most_confidence=confidence / 2) == []
    assert len(run(annotated, evidence=["critic"], least_confidence=confidence / 2)) == PAIRS


def annotations(pair_set: PairSet) -> dict[str, Annotation]:
    stage = pair_set.current("annotations")
    assert stage is not None
    rows = [row for table in stage.tables() for row in rows_of(Annotation, table)]
    return {row.annotation_id: row for row in rows}


FAILURES = [
    ("critic", Scripted(body={"choices": [{"logprobs": None}]}), "server_error"),
    ("critic", chosen(maybe=-0.1), "unsupported"),
    ("contrasts", reply(), "unsupported"),
    ("contrasts", scored("another reply"), "unsupported"),
    ("contrasts", failure(400), "request_rejected"),
    ("samples", raw_reply('{"instruction_en":"Crop it."', finish_reason="stop"), "invalid_reply"),
    ("samples", reply(edit_type="magic"), "invalid_reply"),
    ("samples", reply(finish_reason="length"), "truncated"),
]


@pytest.mark.parametrize(("evidence", "bad", "code"), FAILURES)
def test_a_question_without_an_answer_is_a_row_and_is_asked_again_on_request(
    annotated: PairSet, fake: FakeServer, evidence: str, bad: Scripted, code: str
) -> None:
    fake.queue.append(bad)
    rows = run(annotated, evidence=[evidence])
    (failed,) = (row for row in rows if row["error_code"])
    assert (failed["error_code"], failed["p_yes"], failed["logprobs"]) == (code, None, None)
    assert failed["error"]

    assert run(annotated, evidence=[evidence]) == rows
    again = run(annotated, evidence=[evidence], retry_failed=True)
    (mended,) = (row for row in again if row["probe_id"] == failed["probe_id"])
    assert (len(again), mended["attempt"], mended["error_code"]) == (len(rows), 2, None)


def test_a_lost_image_is_a_row_for_every_question(annotated: PairSet) -> None:
    (pair, *_) = pairs_of(annotated)
    annotated.filesystem.rm(pair.target_uri)
    rows = [row for row in run(annotated, samples=2) if row["error_code"]]

    assert {row["pair_id"] for row in rows} == {pair.pair_id}
    assert [row["error_code"] for row in rows] == ["image_missing"] * 6


def pairs_of(pair_set: PairSet) -> list[Pair]:
    stage = pair_set.current("pairs")
    assert stage is not None
    return [row for table in stage.tables() for row in rows_of(Pair, table)]


def test_a_dead_server_stops_the_run_and_what_was_answered_stays(
    annotated: PairSet, fake: FakeServer
) -> None:
    def die() -> Scripted:
        fake.models_status = 503
        return failure(503)

    fake.queue.extend(chosen(yes=-0.1, no=-3.0) for _ in range(3))
    fake.otherwise = die
    with pytest.raises(EngineDownError):
        run(annotated, evidence=["critic"])
    fake.otherwise, fake.models_status = lambda: chosen(yes=-0.1, no=-3.0), 200
    asked = len(fake.requests)

    assert len(run(annotated, evidence=["critic"])) == PAIRS
    assert len(fake.requests) == asked + PAIRS - 3


def test_an_annotator_that_is_not_what_it_was_is_named_anew(
    annotated: PairSet, fake: FakeServer
) -> None:
    annotated.publish("annotations", "of-somebody-else")
    annotated.stage("annotations", "of-somebody-else").write("x", Annotation.SCHEMA.empty_table())
    with pytest.raises(SettingsError, match="--model"):
        run(annotated)
    for path in annotated.filesystem.glob(f"{annotated.root}/runs/annotate-*.json"):
        saved = json.loads(annotated.filesystem.cat_file(path))
        text = json.dumps(saved | {"prompt": "brief"}).encode()
        name = f"{annotated.root}/runs/annotate-of-somebody-else-20260101T000000.0Z.json"
        annotated.filesystem.pipe_file(name, text)
    with pytest.raises(SettingsError, match="not what it was"):
        run(annotated)


def test_without_annotations_there_is_nothing_to_probe(small_set: PairSet) -> None:
    with pytest.raises(MissingStageError, match="pairset annotate"):
        run(small_set)


def test_the_command_says_who_is_asked_and_what_came(
    annotated: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--evidence", "critic", "--evidence", "samples", "--samples", "1"]
    assert main(["probe", annotated.url, *words]) == 0
    said = capsys.readouterr().out

    assert "12 questions about 6 of 6 annotations to fake, who wrote them, through server." in said
    assert "12 questions answered, 0 without an answer." in said
