"""The server engine against a server written by hand: good, slow, broken, refusing, gone."""

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from annotator.engines import Answer, EnginePlan, Question, open_engine
from annotator.pictures import load_questions
from annotator.prompting.prompt import load_prompt
from annotator.prompting.reply import ReplyError
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.tasks import Task
from annotator.weights.models import served_model
from pairset.decoding import ImageError, ImageErrorCode
from pairset.errors import EngineDownError, ModelUnavailableError, SettingsError
from pairset.records.image import image_id_of
from tests.annotator.fake_server import DROPPED, FakeServer, failure, raw_reply, reply

QUESTION = Question(Image.new("RGB", (24, 24), "red"), Image.new("RGB", (24, 24), "blue"))


def settings_for(fake: FakeServer, **changes: object) -> AnnotateSettings:
    values = {"set_url": "unused", "server": fake.url, "concurrency": 4, "retries": 2}
    return AnnotateSettings(**(values | changes))


def ask(fake: FakeServer, questions: int = 1, **changes: object) -> list[Answer | ReplyError]:
    """Answers in the order of the questions."""
    plan = EnginePlan(settings_for(fake, **changes), served_model("fake"), None)
    with open_engine("server", plan) as engine:
        answers = dict(engine.ask(load_prompt("brief"), [QUESTION] * questions))
    return [answers[number] for number in sorted(answers)]


def code_of(answer: Answer | ReplyError) -> str:
    assert isinstance(answer, ReplyError)
    return answer.code


def test_a_request_holds_both_images_the_words_and_the_schema(fake: FakeServer) -> None:
    (answer,) = ask(fake)
    assert isinstance(answer, Answer)
    assert answer.finish_reason == "stop"
    assert answer.tokens
    (request,) = fake.requests
    source, target, words = request["messages"][0]["content"]
    assert source["image_url"]["url"].startswith("data:image/png;base64,")
    assert source != target
    assert words["text"] == load_prompt("brief").words
    assert request["response_format"]["json_schema"]["schema"] == load_prompt("brief").schema
    assert request["temperature"] == 0


def test_a_plain_file_travels_as_it_is(fake: FakeServer, tmp_path: Path) -> None:
    paths = [tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "cut.jpg"]
    for path, colour in zip(paths, ("red", "blue", "grey"), strict=True):
        Image.new("RGB", (24, 24), colour).save(path)
    paths[2].write_bytes(paths[2].read_bytes()[:-200])
    ids = [image_id_of(path.read_bytes()) for path in paths]
    whole, cut = (
        Task("id", "pair", ids[0], ids[end], str(paths[0]), str(paths[end])) for end in (1, 2)
    )
    question, error = load_questions([whole, cut], 10_000, as_files=True)
    assert isinstance(question, Question)
    assert isinstance(error, ImageError)
    assert error.code == ImageErrorCode.TRUNCATED
    plan = EnginePlan(settings_for(fake), served_model("fake"), None)
    with open_engine("server", plan) as engine:
        list(engine.ask(load_prompt("brief"), [question]))
    (request,) = fake.requests
    shown = [part["image_url"]["url"] for part in request["messages"][0]["content"][:2]]
    assert [url.split(",")[0] for url in shown] == ["data:image/jpeg;base64"] * 2
    assert base64.b64decode(shown[1].split(",")[1]) == paths[1].read_bytes()


def test_unguided_requests_name_no_schema(fake: FakeServer) -> None:
    ask(fake, guided=False)
    assert "response_format" not in fake.requests[0]


@pytest.mark.parametrize("trouble", [DROPPED, failure(503), failure(429, Retry_After="0")])
def test_transient_trouble_is_tried_again(fake: FakeServer, trouble: object) -> None:
    fake.queue.extend([trouble, trouble, reply()])
    (answer,) = ask(fake)
    assert isinstance(answer, Answer)
    assert len(fake.requests) == 3


def test_a_rejected_request_is_not_tried_again(fake: FakeServer) -> None:
    fake.queue.append(failure(400))
    assert [code_of(answer) for answer in ask(fake)] == ["request_rejected"]
    assert len(fake.requests) == 1


def test_one_pair_that_always_fails_does_not_stop_the_others(fake: FakeServer) -> None:
    fake.queue.extend([failure(500)] * 3)
    answers = ask(fake, questions=4, concurrency=1)
    (failed,) = (answer for answer in answers if not isinstance(answer, Answer))
    assert code_of(failed) == "server_error"


def test_a_last_pair_that_fails_on_a_living_server_is_a_row(fake: FakeServer) -> None:
    fake.otherwise = lambda: failure(500)
    assert [code_of(answer) for answer in ask(fake)] == ["server_error"]


def test_a_server_that_says_no_more_stops_the_run(fake: FakeServer) -> None:
    fake.otherwise = lambda: failure(500)
    fake.models_status = 503
    with pytest.raises(EngineDownError, match="does not answer"):
        ask(fake)


def test_many_failures_in_a_row_stop_the_run(fake: FakeServer) -> None:
    fake.otherwise = lambda: failure(503)
    with pytest.raises(EngineDownError, match="repeat the same command"):
        ask(fake, questions=40)
    assert len(fake.requests) < 40 * 3


def test_nothing_listening_stops_the_run(fake: FakeServer) -> None:
    plan = EnginePlan(settings_for(fake, server="http://127.0.0.1:9"), served_model("x"), None)
    with open_engine("server", plan) as engine, pytest.raises(EngineDownError):
        list(engine.ask(load_prompt("brief"), [QUESTION]))


def test_requests_in_flight_are_bounded(fake: FakeServer) -> None:
    assert len(ask(fake, questions=30, concurrency=3)) == 30
    assert fake.most_in_flight <= 3


def test_a_body_that_is_no_completion_is_one_failed_row(fake: FakeServer) -> None:
    fake.queue.append(failure(200))
    assert [code_of(answer) for answer in ask(fake)] == ["server_error"]


def test_refusals_and_missing_logprobs_come_through(fake: FakeServer) -> None:
    refused = raw_reply("", refusal="I cannot.")
    del refused.body["choices"][0]["logprobs"]
    fake.queue.append(refused)
    (answer,) = ask(fake)
    assert isinstance(answer, Answer)
    assert answer.refusal == "I cannot."
    assert answer.tokens == ()


def test_the_token_comes_from_the_environment_only(
    fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIRSET_API_KEY", "s3cret")
    settings = settings_for(fake)
    resolve_annotator(settings)
    assert fake.authorizations == ["Bearer s3cret"]
    assert "s3cret" not in settings.model_dump_json()


def test_a_refused_token_says_where_tokens_come_from(fake: FakeServer) -> None:
    fake.queue.append(failure(401))
    with pytest.raises(SettingsError, match="PAIRSET_API_KEY"):
        ask(fake)


def test_the_only_served_model_is_the_default(fake: FakeServer) -> None:
    assert resolve_annotator(settings_for(fake)).model.name == "fake"


def test_adapters_are_no_models_of_their_own(fake: FakeServer) -> None:
    fake.models.append({"id": "mended", "parent": "fake"})
    annotator = resolve_annotator(settings_for(fake, adapter="mended"))
    assert annotator.model.name == "fake"
    assert annotator.adapter is not None
    assert annotator.adapter.name == "mended"


def test_an_adapter_that_a_server_does_not_have_is_named(fake: FakeServer) -> None:
    with pytest.raises(ModelUnavailableError, match="it serves: fake"):
        resolve_annotator(settings_for(fake, adapter="absent"))


def test_a_model_that_a_gateway_does_not_list_is_asked_all_the_same(
    fake: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resolve_annotator(settings_for(fake, model="routed/one")).model.name == "routed/one"
    assert "does not list 'routed/one'" in capsys.readouterr().err


def test_among_several_models_one_must_be_chosen(fake: FakeServer) -> None:
    fake.models.append({"id": "other"})
    with pytest.raises(ModelUnavailableError, match="choose one with --model"):
        resolve_annotator(settings_for(fake))


def test_a_server_that_is_not_there_says_so_at_once() -> None:
    with pytest.raises(EngineDownError, match=r"127\.0\.0\.1:9"):
        resolve_annotator(AnnotateSettings(set_url="unused", server="http://127.0.0.1:9"))


def test_a_page_that_is_no_api_is_a_wrong_setting(fake: FakeServer) -> None:
    fake.models_status = 404
    with pytest.raises(SettingsError, match="check --server"):
        resolve_annotator(settings_for(fake))


def test_asking_a_server_needs_no_torch() -> None:
    program = "import sys, annotator.engines.server; raise SystemExit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
