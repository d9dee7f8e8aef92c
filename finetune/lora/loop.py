"""The training loop: transformers' Trainer with our loss, our order and sealed checkpoints."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, Sampler
from transformers import PrinterCallback, Trainer, TrainingArguments

from finetune.curve_file import cut_curve
from finetune.distributed import process_rank
from finetune.errors import DivergedError, OutOfMemoryError
from finetune.lora.adapted_model import number_format
from finetune.lora.collate import Collator, ItemKey, TrainingItem
from finetune.lora.losses import is_finite, preference_loss, reply_logprobs, supervised_loss
from finetune.lora.order import ByLength, QueryDropout
from finetune.lora.sealed_checkpoints import newest_sound
from finetune.lora.vision import forward_inputs
from finetune.lora.watch import Watch
from finetune.saving import saving
from finetune.settings import TrainSettings
from pairset.errors import WorkerDiedError
from pairset.running.executors import require_semaphores

if TYPE_CHECKING:
    from peft import PeftModel

_POINTS_OF_A_CURVE = 200
_CHECKPOINTS_KEPT = 2
_READER_ENDED = "DataLoader worker"
_READER_ADVICE = (
    "a process of --dataloader-workers, most often for want of memory. The same command goes on "
    "from the last checkpoint, with fewer --dataloader-workers."
)
_MEMORY_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory")


@dataclass(frozen=True, slots=True)
class TrainingData:
    """The items that training reads, and what is known of them beforehand."""

    items: Dataset[TrainingItem]
    lengths: list[int]
    """Tokens of each item, for the order of batches."""
    reference: Mapping[ItemKey, tuple[float, float]] = field(default_factory=dict)
    """Preference: log-probability of the chosen and of the rejected reply under the model that
    training begins from."""
    bare_lengths: list[int] = field(default_factory=list)
    """Tokens of each item without exemplars; empty where none are shown anyway."""


class ReplyTrainer(Trainer):
    """Learns replies; nothing but the last positions of each row is turned into logits."""

    def __init__(self, data: TrainingData, settings: TrainSettings, **arguments: Any) -> None:
        super().__init__(train_dataset=data.items, **arguments)
        self._data = data
        self._settings = settings
        # Whether the loss is given the number of reply tokens in the whole optimizer step.
        self.model_accepts_loss_kwargs = settings.method == "supervised"

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor | tuple[Tensor, object]:
        """The loss of one batch. Raises DivergedError naming its examples where it is no number."""
        asked = forward_inputs(inputs["inputs"])
        logits = model(**asked, logits_to_keep=inputs["window"]).logits[:, :-1]
        labels = inputs["labels"]
        if self._settings.method == "supervised":
            loss = supervised_loss(logits, labels, num_items_in_batch)
            if num_items_in_batch is not None:
                # Counted over all processes, whose gradients are then averaged.
                loss = loss * self.accelerator.num_processes
        else:
            loss = self._preference_loss(logits, inputs)
        if not is_finite(loss):
            raise DivergedError(
                f"The loss became {loss.item()} at step {self.state.global_step} on the examples "
                f"{', '.join(inputs['example_ids'])}. Look at these pairs (pairset sql SET "
                '"FROM examples"), or lower --learning-rate; the same command goes on from the '
                "last checkpoint."
            )
        return (loss, {"logits": logits}) if return_outputs else loss

    def _preference_loss(self, logits: Tensor, inputs: dict[str, Any]) -> Tensor:
        """The corrected replies' preference, and the anchor: writing all of the good replies."""
        labels, preferred = inputs["labels"], inputs["is_preferred"]
        good = len(preferred)
        anchor = supervised_loss(logits[:good], labels[:good], None)
        if not preferred.any():
            return self._settings.anchor * anchor
        logprobs = reply_logprobs(logits, labels)
        policy = torch.cat((logprobs[:good][preferred], logprobs[good:]))
        known = [self._data.reference.get(key) for key in inputs["keys"]]
        reference = torch.tensor([pair[side] for side in (0, 1) for pair in known if pair])
        weights = inputs["weights"][preferred]
        loss, _ = preference_loss(policy, reference.to(policy), weights, self._settings.beta)
        return loss + self._settings.anchor * anchor

    def _get_train_sampler(self, train_dataset: object = None) -> Sampler[int]:
        data, settings = self._data, self._settings
        dropout = QueryDropout(settings.query_dropout, data.bare_lengths)
        return ByLength(data.lengths, settings.batch_size, settings.seed, dropout)


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run came to."""

    steps: int
    seconds: float
    """Of this run, without those before a kill."""
    examples_per_second: float
    loss: float
    """Mean over this run."""
    padding_share: float
    """Share of the computed tokens that were padding, 0 to 1."""

    def begun_earlier(self, seconds: float) -> "Trained":
        """The same with what the vision tower did before the loop counted in."""
        whole = self.seconds + seconds
        rate = self.examples_per_second * self.seconds / whole if whole else 0.0
        return replace(self, seconds=whole, examples_per_second=rate)


def run_training(
    model: "PeftModel",
    data: TrainingData,
    settings: TrainSettings,
    collator: Collator,
    folder: Path,
) -> Trained:
    """Train, going on from the latest sound checkpoint in ``folder``.

    Raises DivergedError, OutOfMemoryError, StorageError, and WorkerDiedError for a reader.
    """
    if settings.dataloader_workers:
        require_semaphores("--dataloader-workers 0")
    count = len(data.lengths)
    batches = math.ceil(count / settings.batch_size / process_rank().world_size)
    steps = math.ceil(batches / settings.gradient_accumulation_steps) * settings.epochs
    trainer = ReplyTrainer(
        data,
        settings,
        model=model,
        args=_arguments(settings, folder, math.ceil(steps)),
        data_collator=collator,
        callbacks=[Watch(folder)],
    )
    trainer.remove_callback(PrinterCallback)  # the bar says it
    with trainer.args.main_process_first(local=False):
        found = newest_sound(folder)
        if trainer.is_world_process_zero():
            cut_curve(folder, found)
    try:
        with saving(folder):
            done = trainer.train(resume_from_checkpoint=str(found) if found else None)
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, RuntimeError) and _READER_ENDED in str(error):
            raise WorkerDiedError(f"{_READER_ENDED} ended: {_READER_ADVICE}") from error
        if isinstance(error, RuntimeError) and not _is_about_memory(error):
            raise
        raise OutOfMemoryError(_memory_advice(settings)) from error
    return Trained(
        steps=done.global_step,
        seconds=done.metrics["train_runtime"],
        examples_per_second=done.metrics["train_samples_per_second"],
        loss=done.training_loss,
        padding_share=collator.padding.share,
    )


def _arguments(settings: TrainSettings, folder: Path, steps: int) -> TrainingArguments:
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=round(settings.warm_up_share * steps),
        weight_decay=settings.weight_decay,
        bf16=number_format(settings) is torch.bfloat16,
        gradient_checkpointing=settings.gradient_checkpointing,
        save_steps=settings.checkpoint_steps,
        save_total_limit=_CHECKPOINTS_KEPT,
        logging_steps=max(1, steps // _POINTS_OF_A_CURVE),
        logging_nan_inf_filter=False,
        dataloader_num_workers=settings.dataloader_workers,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
        label_names=["labels"],
        disable_tqdm=True,
        report_to="none",
        seed=settings.seed,
        use_cpu=not torch.cuda.is_available(),
        ddp_find_unused_parameters=False,
    )
    # One process, one GPU: DataParallel would cut the pixels, laid end to end, at wrong places.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def _is_about_memory(error: RuntimeError) -> bool:
    return any(words in str(error).lower() for words in _MEMORY_WORDS)


def _memory_advice(settings: TrainSettings) -> str:
    smaller = max(1, settings.batch_size // 2)
    more_steps = settings.gradient_accumulation_steps * 2
    advice = [f"--batch-size {smaller} --gradient-accumulation-steps {more_steps}"]
    if not settings.gradient_checkpointing:
        advice.append("--gradient-checkpointing")
    advice += [f"--max-pixels {settings.max_pixels // 2}", "a smaller --rank"]
    return (
        f"Memory ran out with batches of {settings.batch_size}. Try {', then '.join(advice)}. "
        "What was trained so far is kept up to the last checkpoint."
    )
