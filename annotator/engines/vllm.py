"""The model in this process through vLLM: the fastest way through many pairs."""

import gc
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from annotator.engines.protocol import (
    Answer,
    Choice,
    Draws,
    EnginePlan,
    Numbered,
    Question,
    Statement,
    Tokens,
)
from annotator.engines.together import ask_together
from annotator.engines.vllm_options import (
    refuse_too_large,
    require_vllm,
    vllm_arguments,
    vllm_environment,
)
from annotator.engines.vllm_scoring import (
    VllmModel,
    VllmOutput,
    is_read,
    prompt_with_reply,
    read_answer,
    read_tokens,
    reading,
)
from annotator.prompting.prompt import Message, Picture, Prompt, build_messages, pixels_of
from annotator.prompting.reply import ReplyError
from annotator.prompting.reply_tokens import (
    first_token_ids,
    reply_token_ids,
    share_of_first,
)
from pairset.errors import EngineDownError
from pairset.models.checkpoints import CheckedLoading
from pairset.models.loaded import Tokenizer

if TYPE_CHECKING:
    from vllm import SamplingParams, TokensPrompt
    from vllm.lora.request import LoRARequest


@contextmanager
def open_vllm(plan: EnginePlan) -> Iterator["VllmEngine"]:
    """Start the engine, and free what it holds afterwards."""
    require_vllm()
    refuse_too_large(plan)
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


def _load(plan: EnginePlan, arguments: dict[str, object]) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning, module="vllm")
        from annotator.engines.run_vllm import fit_lora_to_given_replies, prepare_inspection

        prepare_inspection()
        fit_lora_to_given_replies()
        from vllm import LLM

        with CheckedLoading(lambda reason: f"vLLM cannot load {plan.model.folder}: {reason}"):
            models: Any = LLM
            return models(**arguments)


class VllmEngine:
    """Greedy decoding, and draws and probabilities beside it; vLLM batches what it is given."""

    def __init__(self, plan: EnginePlan, model: VllmModel) -> None:
        self._settings = plan.settings
        self._model = model
        self._lora_request = _lora_request(plan)

    def ask(self, prompt: Prompt, questions: Sequence[Question]) -> Iterator[Numbered[Answer]]:
        """Ask about all at once; answers come together, in order."""
        if questions:
            yield from enumerate(ask_together(partial(self._answers, prompt), questions))

    def sample(self, prompt: Prompt, draws: Sequence[Draws]) -> Iterator[Numbered[Answer]]:
        """Draw all at once. vLLM's seeds of single requests fail on a CPU: the engine has one."""
        if not draws:
            return
        drawn = ask_together(partial(self._drawn, prompt), draws)
        for number, answers in enumerate(drawn):
            if isinstance(answers, ReplyError):
                yield from [(number, answers)] * draws[number].count
            else:
                yield from ((number, answer) for answer in answers)

    def score(self, prompt: Prompt, statements: Sequence[Statement]) -> Iterator[Numbered[Tokens]]:
        """Read all replies as parts of their prompts, at once."""
        if statements:
            yield from enumerate(ask_together(partial(self._scored, prompt), statements))

    def choose(self, choices: Sequence[Choice]) -> Iterator[Numbered[float]]:
        """One step each, of which two log-probabilities are read."""
        if choices:
            yield from enumerate(ask_together(self._chosen, choices))

    def _answers(self, prompt: Prompt, questions: Sequence[Question]) -> list[Answer]:
        conversations = [conversation(prompt, question) for question in questions]
        outputs = self._chat(conversations, self.greedy(prompt))
        return [read_answer(output, output.outputs[0]) for output in outputs]

    def _drawn(self, prompt: Prompt, draws: Sequence[Draws]) -> list[list[Answer]]:
        conversations = [conversation(prompt, each.question) for each in draws]
        sampling = [
            self._sampling(
                prompt,
                temperature=each.temperature,
                n=each.count,
                stop=each.stop,
                max_tokens=each.max_tokens,
            )
            for each in draws
        ]
        outputs = self._chat(conversations, sampling)
        return [[read_answer(output, drawn) for drawn in output.outputs] for output in outputs]

    def _scored(self, prompt: Prompt, statements: Sequence[Statement]) -> list[Tokens]:
        replies = [self._reply_ids(statement) for statement in statements]
        conversations = [conversation(prompt, statement.question) for statement in statements]
        prompts = [
            prompt_with_reply(self._tokenizer, messages, statement.question, reply)
            for messages, statement, reply in zip(conversations, statements, replies, strict=True)
        ]
        outputs = self._generate(prompts, reading(use_cache=True))
        # What the cache holds was not computed: where that is a part of the reply, once more.
        gaps = [row for row, output in enumerate(outputs) if not is_read(output, replies[row])]
        if gaps:
            again = self._generate([prompts[row] for row in gaps], reading(use_cache=False))
            for row, output in zip(gaps, again, strict=True):
                outputs[row] = output
        return [
            read_tokens(self._tokenizer, output, reply)
            for output, reply in zip(outputs, replies, strict=True)
        ]

    def _chosen(self, choices: Sequence[Choice]) -> list[float]:
        from vllm import SamplingParams

        conversations = [conversation(choice.prompt, choice.question) for choice in choices]
        ids = [first_token_ids(self._tokenizer, choice.words) for choice in choices]
        sampling = [
            SamplingParams(temperature=0, max_tokens=1, logprobs=2, logprob_token_ids=pair)
            for pair in ids
        ]
        outputs = self._chat(conversations, sampling)
        steps = (output.outputs[0].logprobs[0] for output in outputs)
        return [
            share_of_first(step[first].logprob, step[second].logprob)
            for step, (first, second) in zip(steps, ids, strict=True)
        ]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return self._model.get_tokenizer()

    def _reply_ids(self, statement: Statement) -> list[int]:
        return reply_token_ids(self._tokenizer, statement.reply, statement.end)

    def _chat(
        self,
        conversations: Sequence[list[Message]],
        sampling: "SamplingParams | list[SamplingParams]",
    ) -> list[VllmOutput]:
        with _in_our_words():
            return list(
                self._model.chat(
                    conversations,
                    sampling_params=sampling,
                    lora_request=self._lora_request,
                    use_tqdm=False,
                )
            )

    def _generate(
        self, prompts: "Sequence[TokensPrompt]", sampling: "SamplingParams"
    ) -> list[VllmOutput]:
        with _in_our_words():
            return list(
                self._model.generate(
                    prompts,
                    sampling_params=sampling,
                    lora_request=self._lora_request,
                    use_tqdm=False,
                )
            )

    def greedy(self, prompt: Prompt) -> "SamplingParams":
        """VLLM's parameters of a reply that is not drawn."""
        return self._sampling(prompt, temperature=0, max_tokens=self._settings.max_tokens)

    def _sampling(self, prompt: Prompt, **options: Any) -> "SamplingParams":
        from vllm import SamplingParams
        from vllm.sampling_params import StructuredOutputsParams

        guided = self._settings.guided
        return SamplingParams(
            logprobs=0,  # of the chosen token alone
            structured_outputs=StructuredOutputsParams(json=prompt.schema) if guided else None,
            **options,
        )


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Raise ValueError for a prompt that vLLM refuses, EngineDownError where it has died."""
    from vllm.exceptions import VLLMValidationError
    from vllm.v1.engine.exceptions import EngineDeadError

    try:
        yield
    except VLLMValidationError as error:  # no ValueError, but one to ``ask_together``
        raise ValueError(str(error)) from error
    except EngineDeadError as error:
        raise EngineDownError(
            f"vLLM has died ({error}). What was annotated is kept: repeat the same command, "
            "with smaller --context-tokens or --max-pixels if memory ran out."
        ) from error


def conversation(prompt: Prompt, question: Question) -> list[Message]:
    """A pair as ``LLM.chat`` takes it."""
    return build_messages(
        prompt, question.source, question.target, _pillow_part, question.exemplars
    )


def _lora_request(plan: EnginePlan) -> "LoRARequest | None":
    if plan.adapter is None:
        return None
    from vllm.lora.request import LoRARequest

    return LoRARequest(plan.adapter.name, 1, str(plan.adapter.folder))


def _pillow_part(picture: Picture) -> dict[str, object]:
    return {"type": "image_pil", "image_pil": pixels_of(picture)}
