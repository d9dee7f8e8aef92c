"""What is read off vLLM: its replies, and given ones that were parts of their prompts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from annotator.confidence import TokenLogprob
from annotator.engines.foreign import sound_answer, sound_tokens
from annotator.engines.protocol import Answer, Question, Tokens
from annotator.prompting.prompt import Exemplar, Message, pixels_of
from annotator.prompting.reply_tokens import token_text
from pairset.models.loaded import Tokenizer

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from vllm import SamplingParams, TokensPrompt
    from vllm.lora.request import LoRARequest


class VllmToken(Protocol):
    """One token that vLLM considered."""

    logprob: float
    decoded_token: str | None


class VllmCompletion(Protocol):
    """One reply."""

    text: str
    token_ids: Sequence[int]
    finish_reason: str | None
    logprobs: Sequence[Mapping[int, VllmToken]]
    """For each token the considered ones by id."""


class VllmOutput(Protocol):
    """What came of one prompt."""

    outputs: Sequence[VllmCompletion]
    prompt_token_ids: Sequence[int] | None
    prompt_logprobs: Sequence[Mapping[int, VllmToken]]


class VllmModel(Protocol):
    """What is used of ``vllm.LLM``, whose own types ask for messages of OpenAI's package."""

    def get_tokenizer(self) -> Tokenizer: ...

    def chat(
        self,
        messages: Sequence[Sequence[Message]],
        *,
        sampling_params: "SamplingParams | list[SamplingParams]",
        lora_request: "LoRARequest | None",
        use_tqdm: bool,
    ) -> list[VllmOutput]: ...

    def generate(
        self,
        prompts: "Sequence[TokensPrompt]",
        *,
        sampling_params: "SamplingParams",
        lora_request: "LoRARequest | None",
        use_tqdm: bool,
    ) -> list[VllmOutput]: ...


def prompt_with_reply(
    tokenizer: Tokenizer, messages: Sequence[Message], question: Question, reply: list[int]
) -> "TokensPrompt":
    """A prompt for ``LLM.generate``: the conversation about a pair, then the reply's tokens."""
    from vllm import TokensPrompt

    template = tokenizer.apply_chat_template(
        _without_images(messages), tokenize=False, add_generation_prompt=True
    )
    ids = tokenizer(template, add_special_tokens=False)["input_ids"]
    return TokensPrompt(prompt_token_ids=ids + reply, multi_modal_data={"image": _images(question)})


def _images(question: Question) -> "list[PillowImage]":
    shown: list[Exemplar | Question] = [*question.exemplars, question]
    return [pixels_of(picture) for pair in shown for picture in (pair.source, pair.target)]


def _without_images(messages: Sequence[Message]) -> list[Message]:
    """The conversation as a chat template takes it, which only asks where an image stands."""

    def bare(part: dict[str, object]) -> dict[str, object]:
        return part if part["type"] == "text" else {"type": "image"}

    return [
        {"role": message["role"], "content": [bare(part) for part in message["content"]]}
        for message in messages
    ]


def reading(use_cache: bool) -> "SamplingParams":
    """Read the prompt, its tokens' log-probabilities included, and write next to nothing."""
    from vllm import SamplingParams

    return SamplingParams(
        temperature=0,
        max_tokens=1,
        prompt_logprobs=0,
        detokenize=False,  # vLLM cannot name the tokens that it found in its cache
        skip_reading_prefix_cache=not use_cache,
    )


def is_read(output: VllmOutput, reply: list[int]) -> bool:
    """Whether the whole reply was computed, and no part of it came from the cache."""
    return all(output.prompt_logprobs[-len(reply) :])


def read_tokens(tokenizer: Tokenizer, output: VllmOutput, reply: list[int]) -> Tokens:
    """The reply's tokens, which are the last of the prompt's; none where their numbers are none."""
    steps = output.prompt_logprobs[-len(reply) :]
    return sound_tokens(
        TokenLogprob(token_text(tokenizer, token_id), step[token_id].logprob)
        for token_id, step in zip(reply, steps, strict=True)
    )


def read_answer(output: VllmOutput, completion: VllmCompletion) -> Answer:
    """One completion of a request as an answer; the end-of-turn token is none of the reply's."""
    chosen = zip(completion.token_ids, completion.logprobs or (), strict=False)
    tokens = (steps[token_id] for token_id, steps in chosen)
    return sound_answer(
        completion.text,
        completion.finish_reason,
        [TokenLogprob(token.decoded_token or "", token.logprob) for token in tokens],
        len(output.prompt_token_ids or ()),
        len(completion.token_ids),
    )
