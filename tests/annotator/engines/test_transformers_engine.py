"""The transformers engine with the starter, in this process."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from PIL import Image

from annotator.engines import Answer, Draws, Engine, EnginePlan, Question, open_engine
from annotator.prompting.prompt import load_prompt
from annotator.prompting.reply import ReplyError, check_reply
from annotator.settings import AnnotateSettings
from annotator.weights.lora_adapters import load_adapter
from annotator.weights.models import load_model
from pairset.errors import ModelUnavailableError
from tests.annotator.random_adapter import save_random_adapter

pytest.importorskip("torch")
pytest.importorskip("xgrammar")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")

RED, BLUE = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
GOOD = Question(RED, BLUE)


def plan(adapter: Path | None = None, **changes: object) -> EnginePlan:
    settings = AnnotateSettings(set_url="unused", dtype="float32", **changes)
    chosen = load_adapter(str(adapter)) if adapter else None
    return EnginePlan(settings, load_model("starter"), chosen)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine("transformers", plan(max_tokens=200)) as opened:
        yield opened


def ask(engine: Engine, *questions: Question) -> list[Answer | ReplyError]:
    return [answer for _, answer in engine.ask(load_prompt("brief"), questions)]


def test_replies_follow_the_schema_in_batches_and_alone(engine: Engine) -> None:
    swapped = Question(BLUE, RED)
    together = ask(engine, GOOD, swapped, GOOD)
    alone = [ask(engine, question)[0] for question in (GOOD, swapped)]
    assert [answer.text for answer in together] == [a.text for a in (*alone, alone[0])]
    for answer in together:
        assert check_reply(answer.text)
        assert answer.finish_reason == "stop"
        assert "".join(token.text for token in answer.tokens) == answer.text


def test_each_draw_keeps_its_own_temperature_and_stop(engine: Engine) -> None:
    """Nearly 0 is the greedy reply; at a temperature of 50 nobody hits on it."""
    prompt, (greedy,) = load_prompt("brief"), ask(engine, GOOD)
    cold_early = Draws(GOOD, 1, 1e-6, '", "instruction_zh', 200)
    cold_late = replace(cold_early, stop='", "inverse_zh')
    hot = replace(cold_early, temperature=50.0, max_tokens=20)

    for draws in permutations([cold_early, cold_late, hot]):
        for number, answer in engine.sample(prompt, draws):
            is_greedy = answer.text == greedy.text.partition(draws[number].stop)[0]
            assert is_greedy == (draws[number] is not hot)


def test_a_pair_the_processor_cannot_take_leaves_the_others_alone(engine: Engine) -> None:
    ribbon = Image.new("RGB", (16, 16 * 300))
    good, bad, last = ask(engine, GOOD, Question(ribbon, ribbon), GOOD)
    assert isinstance(bad, ReplyError)
    assert bad.code == "request_rejected"
    assert good == last
    assert isinstance(good, Answer)


def test_a_reply_without_room_is_cut_off() -> None:
    with open_engine("transformers", plan(max_tokens=5)) as engine:
        (answer,) = ask(engine, GOOD)
    assert isinstance(answer, Answer)
    assert (answer.finish_reason, answer.completion_tokens, len(answer.tokens)) == ("length", 5, 5)


def test_a_prompt_over_the_context_is_refused_alone(engine: Engine) -> None:
    (answer,) = (answer for _, answer in engine.ask(load_prompt("full"), [GOOD]))
    assert isinstance(answer, ReplyError)
    assert answer.code == "request_rejected"
    assert isinstance(ask(engine, GOOD)[0], Answer)


def test_without_the_grammar_the_starter_speaks_the_same() -> None:
    with open_engine("transformers", plan(guided=False, max_tokens=200)) as engine:
        (answer,) = ask(engine, GOOD)
    assert isinstance(answer, Answer)
    assert check_reply(answer.text)


def test_a_checkpoint_without_some_of_its_weights_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "half"
    shutil.copytree(load_model("starter").folder, folder)
    weights = load_file(folder / "model.safetensors")
    del weights[min(name for name in weights if "mlp" in name)]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    half = EnginePlan(AnnotateSettings(set_url="unused"), load_model(str(folder)), None)
    with (
        pytest.raises(ModelUnavailableError, match="no weights for 1 part"),
        open_engine("transformers", half),
    ):
        pass


def test_an_adapter_that_fits_only_in_part_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = save_random_adapter(tmp_path / "mended", load_model("starter").folder)
    weights = load_file(folder / "adapter_model.safetensors")
    name = min(weights)
    weights[name.replace("layers.0", "layers.99")] = weights[name]
    save_file(weights, folder / "adapter_model.safetensors")
    with (
        pytest.raises(ModelUnavailableError, match=r"no place for 1 of its weights.*layers\.99"),
        open_engine("transformers", plan(folder)),
    ):
        pass
