"""The model in this process through transformers: the smallest install, and no server."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from annotator.chunks import batches
from annotator.confidence import TokenLogprob
from annotator.engines.constraint import ConstrainedDecoding, GrammarCompiler
from annotator.engines.foreign import cut_before, sound_answer, sound_tokens
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
from annotator.engines.together import A, Q, ask_together, draws_alike
from annotator.prompting.prompt import Message, Prompt, build_messages, pillow_part
from annotator.prompting.reply_tokens import (
    first_token_ids,
    reply_token_ids,
    share_of_first,
    token_text,
)
from annotator.weights.lora_adapters import AdapterChoice
from annotator.weights.models import STARTER_THREADS, context_limit
from pairset.errors import MissingExtraError, ModelUnavailableError
from pairset.models.checkpoints import CheckedLoading, load_whole, loading
from pairset.models.loaded import LanguageModel, Processor

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import BatchFeature, PreTrainedModel
    from xgrammar import CompiledGrammar


@contextmanager
def open_transformers(plan: EnginePlan) -> Iterator["TransformersEngine"]:
    """Load the processor, the model and its adapter."""
    try:
        import torch

        from pairset.models.torch_companions import fit_torch_companions

        fit_torch_companions()
        import transformers  # noqa: F401
        import xgrammar  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "transformers", "transformers") from error
    threads = torch.get_num_threads()
    if plan.model.is_starter:
        torch.set_num_threads(STARTER_THREADS)
    try:
        with torch.inference_mode():
            limit = context_limit(plan.model.folder, plan.settings.context_tokens)
            yield TransformersEngine(plan, limit, *_load(plan))
    finally:
        torch.set_num_threads(threads)


def _load(plan: EnginePlan) -> tuple[Processor, LanguageModel]:
    """The processor, and the model in evaluation mode with its adapter if there is one."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils import logging

    hide_bar: Callable[[], None] = logging.disable_progress_bar
    hide_bar()
    load_processor: Callable[..., Processor] = AutoProcessor.from_pretrained
    own_code = plan.settings.trust_remote_code
    with loading(plan.model.folder):
        processor = load_processor(plan.model.folder, trust_remote_code=own_code)
        model = load_whole(
            AutoModelForImageTextToText,
            plan.model.folder,
            dtype=plan.settings.dtype,
            device_map="cuda" if torch.cuda.is_available() else None,
            trust_remote_code=own_code,
        )
        processor.tokenizer.padding_side = "left"
    if plan.adapter:
        model = _adapted(model, plan.adapter)
    return processor, model.eval()


def _adapted(model: "PreTrainedModel", adapter: AdapterChoice) -> "PeftModel":
    """The model with its adapter. PEFT passes over weights it finds no place for; this does not."""
    from peft import PeftModel, get_peft_model_state_dict

    with CheckedLoading(partial(_no_fit, adapter.name)):
        adapted = PeftModel.from_pretrained(model, str(adapter.folder))
    placed = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    homeless = {name for name in adapter.tensor_names() if "lora_" in name} - placed
    if homeless:
        raise ModelUnavailableError(
            f"Adapter {adapter.name} does not fit this model: it has no place for "
            f"{len(homeless)} of its weights, such as {min(homeless)}."
        )
    return adapted


def _no_fit(name: str, reason: str) -> str:
    return f"Adapter {name} does not fit this model: {reason}"


class TransformersEngine:
    """Decoding in batches, left-padded."""

    def __init__(
        self, plan: EnginePlan, context_tokens: int, processor: Processor, model: LanguageModel
    ) -> None:
        import torch

        self._settings = plan.settings
        self._context_tokens = context_tokens
        self._processor = processor
        self._model = model
        ends = model.generation_config.eos_token_id
        self._stop_token_ids = [ends] if isinstance(ends, int) else list(ends)
        vocabulary_size = model.get_input_embeddings().num_embeddings
        self._grammars = GrammarCompiler(processor.tokenizer, vocabulary_size, self._stop_token_ids)
        self._generator = torch.Generator().manual_seed(plan.seed)

    def ask(self, prompt: Prompt, questions: Sequence[Question]) -> Iterator[Numbered[Answer]]:
        """Ask batch after batch, in order."""
        return self._batched(partial(self._answer, prompt), questions)

    def sample(self, prompt: Prompt, draws: Sequence[Draws]) -> Iterator[Numbered[Answer]]:
        """Draw batch after batch; a batch has one temperature and one text to stop at."""
        for numbers in draws_alike(draws):
            alike = [draws[number] for number in numbers]
            for place, answer in self._batched(partial(self._drawn, prompt), alike):
                yield numbers[place], answer

    def score(self, prompt: Prompt, statements: Sequence[Statement]) -> Iterator[Numbered[Tokens]]:
        """One forward pass for each batch."""
        return self._batched(partial(self._scored, prompt), statements)

    def choose(self, choices: Sequence[Choice]) -> Iterator[Numbered[float]]:
        """One forward pass for each batch."""
        return self._batched(self._chosen, choices)

    def _batched(
        self, ask: Callable[[Sequence[Q]], Sequence[A]], questions: Sequence[Q]
    ) -> Iterator[Numbered[A]]:
        for numbers in batches(range(len(questions)), self._settings.batch_size):
            batch = [questions[number] for number in numbers]
            yield from zip(numbers, ask_together(ask, batch), strict=True)

    def _answer(self, prompt: Prompt, questions: Sequence[Question]) -> list[Answer]:
        grammar = self._grammar(prompt)
        decoding = ConstrainedDecoding(grammar, rows=len(questions))
        inputs = self._inputs([_messages(prompt, question) for question in questions])
        return self._generate(inputs, decoding, self._settings.max_tokens)

    def _drawn(self, prompt: Prompt, draws: Sequence[Draws]) -> list[Answer]:
        first, grammar = draws[0], self._grammar(prompt)
        decoding = ConstrainedDecoding(grammar, len(draws), first.temperature, self._generator)
        inputs = self._inputs([_messages(prompt, each.question) for each in draws])
        stop = {"stop_strings": [first.stop], "tokenizer": self._processor.tokenizer}
        longest = max(each.max_tokens for each in draws)
        answers = self._generate(inputs, decoding, longest, **stop)
        return [cut_before(answer, first.stop) for answer in answers]

    def _scored(self, prompt: Prompt, statements: Sequence[Statement]) -> list[Tokens]:
        """Replies stand at the end of their rows, as padding stands at the beginning."""
        import torch

        tokenizer = self._processor.tokenizer
        conversations = [
            [*_messages(prompt, each.question), _reply_message(each.reply)] for each in statements
        ]
        inputs = self._inputs(conversations, continue_final_message=True)
        replies = [reply_token_ids(tokenizer, each.reply, len(each.reply)) for each in statements]
        longest = max(map(len, replies))
        logits = self._model(**inputs, logits_to_keep=longest + 1).logits.float()
        logprobs = torch.log_softmax(logits, dim=-1)
        scored = []
        for row, reply in enumerate(replies):
            if inputs["input_ids"][row, -len(reply) :].tolist() != reply:
                raise ValueError("the chat template changes the reply")
            steps = logprobs[row, -len(reply) - 1 : -1]
            values = steps.gather(-1, torch.tensor(reply, device=steps.device)[:, None])
            texts = (token_text(tokenizer, token) for token in reply)
            scored.append(sound_tokens(map(TokenLogprob, texts, values.squeeze(-1).tolist())))
        return scored

    def _chosen(self, choices: Sequence[Choice]) -> list[float]:
        inputs = self._inputs([_messages(each.prompt, each.question) for each in choices])
        logits = self._model(**inputs, logits_to_keep=1).logits[:, -1].float()
        ids = [first_token_ids(self._processor.tokenizer, each.words) for each in choices]
        return [
            share_of_first(float(row[first]), float(row[second]))
            for row, (first, second) in zip(logits, ids, strict=True)
        ]

    def _grammar(self, prompt: Prompt) -> "CompiledGrammar | None":
        return self._grammars.compile(prompt.schema) if self._settings.guided else None

    def _inputs(
        self, conversations: Sequence[list[Message]], continue_final_message: bool = False
    ) -> "BatchFeature":
        inputs = self._processor.apply_chat_template(
            conversations,
            add_generation_prompt=not continue_final_message,
            continue_final_message=continue_final_message,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        ).to(self._model.device)
        length = inputs["input_ids"].shape[1]
        if length >= self._context_tokens:  # transformers itself would go on past that
            raise ValueError(f"{length} tokens: the context holds {self._context_tokens}")
        return inputs

    def _generate(
        self, inputs: "BatchFeature", decoding: ConstrainedDecoding, max_tokens: int, **stop: object
    ) -> list[Answer]:
        prompt_length = inputs["input_ids"].shape[1]
        sequences = self._model.generate(
            **inputs,
            max_new_tokens=min(max_tokens, self._context_tokens - prompt_length),
            logits_processor=[decoding],
            # What a model's own generation config may say else would not be greedy, and not the
            # same as in the other engines.
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            repetition_penalty=1.0,
            **stop,
        )
        prompt_tokens = inputs["attention_mask"].sum(dim=1).tolist()
        return [
            self._read(row, [step[number] for step in decoding.logprobs], prompt_tokens[number])
            for number, row in enumerate(sequences[:, prompt_length:].tolist())
        ]

    def _read(self, row: list[int], logprobs: list[float], prompt_tokens: int) -> Answer:
        """One row of new tokens, cut where its reply ended; what follows is padding."""
        end = next((i for i, token in enumerate(row) if token in self._stop_token_ids), None)
        written = row[:end]
        texts = (self._decode([token]) for token in written)
        return sound_answer(
            self._decode(written),
            "length" if end is None else "stop",
            map(TokenLogprob, texts, logprobs),
            prompt_tokens,
            len(row) if end is None else end + 1,
        )

    def _decode(self, token_ids: list[int]) -> str:
        return self._processor.tokenizer.decode(token_ids, clean_up_tokenization_spaces=False)


def _messages(prompt: Prompt, question: Question) -> list[Message]:
    return build_messages(prompt, question.source, question.target, pillow_part, question.exemplars)


def _reply_message(reply: str) -> Message:
    return {"role": "assistant", "content": [{"type": "text", "text": reply}]}
