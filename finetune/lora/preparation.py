"""Every example is looked at once before training: what cannot be learnt is excluded, by name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from torch.utils.data import Dataset

from annotator.pictures import load_images
from finetune.lora.batches import TrainingItem
from finetune.lora.conversations import Conversation, Converser
from finetune.settings import TrainSettings
from pairset.images import ImageError
from pairset.progress import progress
from pairset.records import Example
from pairset.records.example import ExclusionReason

_KEPT_BYTES = 1 << 30
"""Prepared pictures kept in memory; beyond that they are opened again in every epoch."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An example that can be learnt."""

    example: Example
    length: int
    """Tokens of the prompt and of the longest reply."""


class ItemShelf:
    """Training items, made when they are first asked for and kept while there is room."""

    def __init__(self, converser: Converser, settings: TrainSettings) -> None:
        self._converser = converser
        self._settings = settings
        self._kept: dict[str, TrainingItem] = {}
        self._kept_bytes = 0

    def item(self, example: Example) -> TrainingItem:
        """One example as tensors. Raises ImageError where a picture cannot be opened."""
        kept = self._kept.get(example.example_id)
        if kept is None:
            kept = training_item(example, self._converser, self._settings)
            self._keep(kept)
        return kept

    def _keep(self, item: TrainingItem) -> None:
        size = sum(tensor.nbytes for tensor in item.conversation.prompt.values())
        if self._kept_bytes + size <= _KEPT_BYTES:
            self._kept[item.example_id] = item
            self._kept_bytes += size


class PairItems(Dataset[TrainingItem]):
    """The items of one epoch by number."""

    def __init__(self, examples: Sequence[Example], shelf: ItemShelf) -> None:
        self._examples = examples
        self._shelf = shelf

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, number: int) -> TrainingItem:
        return self._shelf.item(self._examples[number])


def training_item(example: Example, converser: Converser, settings: TrainSettings) -> TrainingItem:
    """One example as tensors. Raises ImageError where a picture cannot be opened."""
    uris = str(example.source_uri), str(example.target_uri)
    prompt = converser.prompt_inputs(*load_images(*uris, settings.max_pixels))

    def conversation(reply: str) -> Conversation:
        return Conversation(prompt, converser.reply_ids(reply))

    is_preference = settings.method == "preference" and example.is_corrected
    return TrainingItem(
        example_id=example.example_id,
        conversation=conversation(str(example.reply)),
        rejected=conversation(str(example.original_reply)) if is_preference else None,
        weight=_weight(example, settings) if is_preference else 1.0,
    )


def _weight(example: Example, settings: TrainSettings) -> float:
    return max((settings.error_weights.get(name, 1.0) for name in example.error_types), default=1.0)


def prepare(
    examples: Sequence[Example], shelf: ItemShelf, context_tokens: int
) -> Iterator[Prepared | Example]:
    """Each example with its length, or as excluded with the reason."""
    for example in progress(examples, "prepare", total=len(examples), unit="example"):
        try:
            item = shelf.item(example)
        except ImageError as error:
            yield _excluded(example, ExclusionReason.UNREADABLE_IMAGE, f"{error.code}: {error}")
            continue
        rejected = item.rejected.length if item.rejected else 0
        length = max(item.conversation.length, rejected)
        if length > context_tokens:
            detail = f"{length} tokens, more than --context-tokens {context_tokens}"
            yield _excluded(example, ExclusionReason.TOO_LONG, detail)
        else:
            yield Prepared(example, length)


def _excluded(example: Example, reason: ExclusionReason, detail: str) -> Example:
    return replace(example, exclusion=reason, exclusion_detail=detail)
