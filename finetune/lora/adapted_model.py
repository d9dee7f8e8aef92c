"""The model that learns: a frozen base with LoRA weights on its language layers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from annotator.weights.models import STARTER_THREADS, ModelChoice
from finetune.distributed import process_rank
from finetune.settings import TrainSettings
from pairset.errors import ModelUnavailableError
from pairset.models.checkpoints import CheckedLoading, load_whole, loading
from pairset.models.loaded import Processor

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

LANGUAGE_LAYERS = r".*(language_model|text_model)\..*\.(q|k|v|o|gate|up|down)_proj"
"""What is adapted: every linear layer of the language model. vLLM serves no others: weights for the
vision tower it would ignore without a word."""


@dataclass(frozen=True, slots=True)
class Learner:
    """A base model ready to be trained."""

    processor: Processor
    model: "PeftModel"
    end_of_turn: int
    """Token that closes a reply."""

    @property
    def padding_token(self) -> int:
        token = self.processor.tokenizer.pad_token_id
        return int(self.end_of_turn if token is None else token)


def load_learner(choice: ModelChoice, settings: TrainSettings, start_from: Path | None) -> Learner:
    """Load a base model and put fresh LoRA weights on it, or those of another adapter.

    Raises ModelUnavailableError where the model cannot be loaded, or has no language layers that
    LoRA could adapt.
    """
    if choice.is_starter:
        torch.set_num_threads(STARTER_THREADS)
    torch.manual_seed(settings.seed)  # the fresh LoRA weights are random
    processor, base = _load_base(choice, settings)
    if settings.gradient_checkpointing:
        base.enable_input_require_grads()  # type: ignore[no-untyped-call]
    model = _continued(base, start_from, choice) if start_from else _fresh(base, settings, choice)
    return Learner(processor, model, _end_of_turn(processor, base))


def number_format(settings: TrainSettings) -> torch.dtype:
    """The base's number format: as asked, or bfloat16 on a GPU and float32 on a CPU."""
    if settings.dtype == "auto":
        return torch.bfloat16 if torch.cuda.is_available() else torch.float32
    return torch.bfloat16 if settings.dtype == "bfloat16" else torch.float32


def _load_base(choice: ModelChoice, settings: TrainSettings) -> "tuple[Processor, PreTrainedModel]":
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils import logging

    hide_bar: Callable[[], None] = logging.disable_progress_bar
    hide_bar()
    load_processor: Callable[..., Processor] = AutoProcessor.from_pretrained
    own_code = settings.trust_remote_code
    with loading(choice.folder):
        processor = load_processor(choice.folder, trust_remote_code=own_code)
        base: PreTrainedModel = load_whole(
            AutoModelForImageTextToText,
            choice.folder,
            dtype=number_format(settings),
            trust_remote_code=own_code,
        )
    module: nn.Module = base
    module.to(_device())  # here memory may run out, which is told otherwise
    return processor, base


def _device() -> torch.device:
    """Where the model is from the start: what looks at it before training is quick there too."""
    if torch.cuda.is_available():
        return torch.device("cuda", process_rank().local_rank)
    return torch.device("cpu")


def _fresh(base: "PreTrainedModel", settings: TrainSettings, choice: ModelChoice) -> "PeftModel":
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=LANGUAGE_LAYERS,
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(base, config)
    except ValueError as error:
        raise ModelUnavailableError(
            f"{choice.name} ({type(base).__name__}) has no language layers that LoRA could adapt: "
            f"{error}"
        ) from error


def _continued(base: "PreTrainedModel", adapter: Path, choice: ModelChoice) -> "PeftModel":
    from peft import PeftModel

    with CheckedLoading(lambda reason: f"{adapter} does not fit {choice.name}: {reason}"):
        model = PeftModel.from_pretrained(base, str(adapter), is_trainable=True)
    for config in model.peft_config.values():
        # The card names the base. Here it must be a folder, or PEFT asks the hub for it.
        config.base_model_name_or_path = str(choice.folder)
    return model


def _end_of_turn(processor: Processor, base: "PreTrainedModel") -> int:
    """The end token that closes a turn: the tokenizer's, where generation ends with it."""
    ends = base.generation_config.eos_token_id
    own = processor.tokenizer.eos_token_id
    listed = [ends] if isinstance(ends, int) else list(ends or [own])
    return int(own if own in listed else listed[0])
