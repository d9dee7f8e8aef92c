"""Ask vLLM in this process, and write down what it read and wrote, token for token.

    python -m tests.finetune.lora.ask_vllm QUESTIONS ANSWERS

Both are JSON files. Several models are asked one after the other, as importing vLLM costs more than
all of them.
"""

import json
import sys
from pathlib import Path
from typing import Any

from annotator.engines import EnginePlan, Question, open_engine
from annotator.pictures import bounded
from annotator.prompting.prompt import load_prompt
from annotator.settings import AnnotateSettings
from annotator.weights.lora_adapters import load_adapter
from annotator.weights.models import load_model
from pairset.images import open_image

MAX_TOKENS = 24


def plan_of(model: str, adapter: str) -> EnginePlan:
    """Without the grammar, so that every token is the model's own choice."""
    settings = AnnotateSettings(
        set_url="unused", dtype="float32", guided=False, max_tokens=MAX_TOKENS
    )
    return EnginePlan(settings, load_model(model), load_adapter(adapter))


def questions_of(pictures: list[tuple[str, str]]) -> list[Question]:
    """Pictures as both engines and training get to see them."""
    most = AnnotateSettings(set_url="unused").max_pixels
    return [Question(*(bounded(open_image(uri), most) for uri in pair)) for pair in pictures]


def main(asked: Path, answered: Path) -> None:
    questions = json.loads(asked.read_text())
    answers = {name: ask(**words) for name, words in questions.items()}
    answered.write_text(json.dumps(answers))


def ask(model: str, adapter: str, pictures: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """What vLLM itself reports of each request that our engine makes."""
    reported: list[Any] = []
    with open_engine("vllm", plan_of(model, adapter)) as engine:
        inside: Any = engine
        chat = inside._model.chat
        inside._model.chat = lambda *words, **more: _kept(reported, chat(*words, **more))
        list(engine.ask(load_prompt("brief"), questions_of(pictures)))
    return [
        {
            "prompt": list(output.prompt_token_ids),
            "reply": list(output.outputs[0].token_ids),
            "logprobs": [
                step[token].logprob
                for token, step in zip(
                    output.outputs[0].token_ids, output.outputs[0].logprobs, strict=True
                )
            ],
        }
        for output in reported
    ]


def _kept(reported: list[Any], outputs: list[Any]) -> list[Any]:
    reported += outputs
    return outputs


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
