"""The model in this process through transformers: the smallest install, and no server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from annotator.adapters import AdapterChoice
from annotator.batches import batches
from annotator.confidence import TokenLogprob
from annotator.engines.constraint import ConstrainedGreedy, GrammarCompiler
from annotator.engines.protocol import Answer, EnginePlan, Numbered, Question
from annotator.engines.together import ask_together
from annotator.models import STARTER_THREADS, context_limit
from annotator.prompt import Prompt, build_messages, pillow_part
from annotator.settings import AnnotateSettings
from pairset.checkpoints import load_whole
from pairset.errors import MissingExtraError, ModelUnavailableError


@contextmanager
def open_transformers(plan: EnginePlan) -> Iterator["TransformersEngine"]:
    """Load the processor, the model and its adapter."""
    try:
        import torch

        from pairset.torch_companions import fit_torch_companions

        fit_torch_companions()
        import transformers  # noqa: F401
        import xgrammar  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "transformers", "transformers") from error
    threads = torch.get_num_threads()
    if plan.model.is_starter:
        torch.set_num_threads(STARTER_THREADS)
    try:
        with torch.inference_mode():
            limit = context_limit(plan.model.folder, plan.settings.context_tokens)
            yield TransformersEngine(plan.settings, limit, *_load(plan))
    finally:
        torch.set_num_threads(threads)


def _load(plan: EnginePlan) -> tuple[Any, Any]:
    """The processor, and the model in evaluation mode with its adapter if there is one."""
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils import logging

    loading_bar: Any = logging
    loading_bar.disable_progress_bar()
    processors: Any = AutoProcessor
    models: Any = AutoModelForImageTextToText
    own_code = plan.settings.trust_remote_code
    try:
        processor = processors.from_pretrained(plan.model.folder, trust_remote_code=own_code)
        model = load_whole(
            models,
            plan.model.folder,
            dtype=plan.settings.dtype,
            device_map="cuda" if torch.cuda.is_available() else None,
            trust_remote_code=own_code,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ModelUnavailableError(f"Cannot load {plan.model.folder}: {error}") from error
    processor.tokenizer.padding_side = "left"
    if plan.adapter:
        model = _adapted(model, plan.adapter)
    return processor, model.eval()


def _adapted(model: Any, adapter: AdapterChoice) -> Any:
    """The model with its adapter. PEFT passes over weights it finds no place for; this does not."""
    from peft import PeftModel, get_peft_model_state_dict

    adapted = PeftModel.from_pretrained(model, str(adapter.folder))
    placed = set(get_peft_model_state_dict(adapted, save_embedding_layers=False))
    homeless = {name for name in adapter.tensor_names() if "lora_" in name} - placed
    if homeless:
        raise ModelUnavailableError(
            f"Adapter {adapter.name} does not fit this model: it has no place for "
            f"{len(homeless)} of its weights, such as {min(homeless)}."
        )
    return adapted


class TransformersEngine:
    """Greedy decoding in batches, left-padded."""

    def __init__(
        self, settings: AnnotateSettings, context_tokens: int, processor: Any, model: Any
    ) -> None:
        self._settings = settings
        self._context_tokens = context_tokens
        self._processor = processor
        self._model = model
        ends = model.generation_config.eos_token_id
        self._stop_token_ids = [ends] if isinstance(ends, int) else list(ends)
        vocabulary_size = model.get_input_embeddings().num_embeddings
        self._grammars = GrammarCompiler(processor.tokenizer, vocabulary_size, self._stop_token_ids)

    def ask(self, prompt: Prompt, questions: Sequence[Question]) -> Iterator[Numbered]:
        """Ask batch after batch, in order."""
        for numbers in batches(range(len(questions)), self._settings.batch_size):
            batch = [questions[number] for number in numbers]
            answers = ask_together(partial(self._answer, prompt), batch)
            yield from zip(numbers, answers, strict=True)

    def _answer(self, prompt: Prompt, questions: Sequence[Question]) -> list[Answer]:
        inputs = self._processor.apply_chat_template(
            [
                build_messages(prompt, q.source, q.target, pillow_part, q.exemplars)
                for q in questions
            ],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        ).to(self._model.device)
        prompt_length = inputs["input_ids"].shape[1]
        room = self._context_tokens - prompt_length
        if room <= 0:  # transformers itself would go on past what the model was built for
            raise ValueError(f"{prompt_length} tokens: the context holds {self._context_tokens}")
        grammar = self._grammars.compile(prompt.schema) if self._settings.guided else None
        decoding = ConstrainedGreedy(grammar, rows=len(questions))
        sequences = self._model.generate(
            **inputs,
            max_new_tokens=min(self._settings.max_tokens, room),
            logits_processor=[decoding],
            # What a model's own generation config may say else would not be greedy, and not the
            # same as in the other engines.
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            repetition_penalty=1.0,
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
        tokens = (
            TokenLogprob(self._decode([token]), logprob)
            for token, logprob in zip(written, logprobs, strict=False)
        )
        return Answer(
            text=self._decode(written),
            finish_reason="length" if end is None else "stop",
            tokens=tuple(tokens),
            prompt_tokens=prompt_tokens,
            completion_tokens=len(row) if end is None else end + 1,
        )

    def _decode(self, token_ids: list[int]) -> str:
        return str(self._processor.tokenizer.decode(token_ids, clean_up_tokenization_spaces=False))
