"""The model in this process through vLLM: the fastest way through many pairs."""

import gc
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from annotator.confidence import TokenLogprob
from annotator.engines.protocol import Answer, EnginePlan, Numbered, Question
from annotator.engines.together import ask_together
from annotator.engines.vllm_options import require_vllm, vllm_arguments, vllm_environment
from annotator.prompt import Prompt, build_messages
from pairset.errors import EngineDownError, ModelUnavailableError

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


@contextmanager
def open_vllm(plan: EnginePlan) -> Iterator["VllmEngine"]:
    """Start the engine, and free what it holds afterwards."""
    require_vllm()
    arguments = vllm_arguments(plan)
    for name, value in vllm_environment(plan.model).items():
        os.environ.setdefault(name, value)
    logging.getLogger("vllm").setLevel(logging.ERROR)
    model = _load(plan, arguments)
    try:
        yield VllmEngine(plan, model)
    finally:
        model.llm_engine.engine_core.shutdown()
        del model
        gc.collect()


def _load(plan: EnginePlan, arguments: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning, module="vllm")
        from annotator.engines.run_vllm import prepare_inspection

        prepare_inspection()
        from vllm import LLM

        try:
            return LLM(**arguments)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelUnavailableError(f"vLLM cannot load {plan.model.folder}: {error}") from error


class VllmEngine:
    """Greedy decoding; vLLM itself batches what it is given."""

    def __init__(self, plan: EnginePlan, model: Any) -> None:
        self._settings = plan.settings
        self._model = model
        self._lora_request = _lora_request(plan)

    def ask(self, prompt: Prompt, questions: Sequence[Question]) -> Iterator[Numbered]:
        """Ask about all at once; answers come together, in order."""
        if questions:
            yield from enumerate(ask_together(partial(self._answers, prompt), questions))

    def _answers(self, prompt: Prompt, questions: Sequence[Question]) -> list[Answer]:
        from vllm.exceptions import VLLMValidationError
        from vllm.v1.engine.exceptions import EngineDeadError

        try:
            outputs = self._model.chat(
                [
                    build_messages(prompt, q.source, q.target, _pillow_part, q.exemplars)
                    for q in questions
                ],
                sampling_params=self._sampling(prompt),
                lora_request=self._lora_request,
                use_tqdm=False,
            )
        except VLLMValidationError as error:  # no ValueError, but one to ``ask_together``
            raise ValueError(str(error)) from error
        except EngineDeadError as error:
            raise EngineDownError(
                f"vLLM has died ({error}). What was annotated is kept: repeat the same command, "
                "with smaller --context-tokens or --max-pixels if memory ran out."
            ) from error
        return [_answer(output) for output in outputs]

    def _sampling(self, prompt: Prompt) -> Any:
        from vllm import SamplingParams
        from vllm.sampling_params import StructuredOutputsParams

        guided = self._settings.guided
        return SamplingParams(
            temperature=0,
            max_tokens=self._settings.max_tokens,
            logprobs=0,  # of the chosen token alone
            structured_outputs=StructuredOutputsParams(json=prompt.schema) if guided else None,
        )


def _lora_request(plan: EnginePlan) -> Any:
    if plan.adapter is None:
        return None
    from vllm.lora.request import LoRARequest

    return LoRARequest(plan.adapter.name, 1, str(plan.adapter.folder))


def _pillow_part(image: "PillowImage") -> dict[str, Any]:
    return {"type": "image_pil", "image_pil": image}


def _answer(output: Any) -> Answer:
    """One ``RequestOutput`` as an answer; the end-of-turn token is none of the reply's."""
    completion = output.outputs[0]
    chosen = zip(completion.token_ids, completion.logprobs or (), strict=False)
    tokens = (steps[token_id] for token_id, steps in chosen)
    return Answer(
        text=completion.text,
        finish_reason=completion.finish_reason,
        tokens=tuple(TokenLogprob(token.decoded_token or "", token.logprob) for token in tokens),
        prompt_tokens=len(output.prompt_token_ids or ()),
        completion_tokens=len(completion.token_ids),
    )
