"""Every example is looked at before training: what cannot be learnt is excluded, by name."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from torch.utils.data import Dataset

from annotator.pictures import load_example_images, load_exemplar
from finetune.lora.collate import ItemKey, TrainingItem
from finetune.lora.conversations import ChatEncoder, Conversation
from finetune.lora.vision import can_look, look
from finetune.settings import TrainSettings
from pairset.decoding import ImageError
from pairset.exemplars.library import Shown, exemplars_for
from pairset.records import Example
from pairset.records.example import ExclusionReason
from pairset.rows.places import PlacedImage
from pairset.running.progress import progress
from pairset.store import PairSet

if TYPE_CHECKING:
    from peft import PeftModel

_GIGABYTE = 1 << 30
_NOWHERE_ELSE: Mapping[str, PlacedImage] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Prepared:
    """What can be learnt, what cannot, and what is shown before each."""

    lengths: dict[str, int]
    """Tokens of the prompt and of the longest reply, by example id."""
    excluded: dict[str, Example]
    """Examples with the reason why they teach nothing, by their id."""
    shown: Shown = field(default_factory=dict)
    """Exemplars by pair id."""
    bare_lengths: dict[str, int] = field(default_factory=dict)
    """Tokens without exemplars, by example id; empty where none are shown anyway."""


class ItemCache:
    """Training items, made when they are first asked for and kept while there is room.

    Pictures are kept as the vision tower sees them, as long as there is room for all of them: the
    tower is asked while examples are prepared, in the process that has the model. Without room,
    and for models that take nothing but pixels, items hold pixels.
    """

    def __init__(
        self,
        chat_encoder: ChatEncoder,
        settings: TrainSettings,
        model: "PeftModel | None" = None,
        placed: Mapping[str, PlacedImage] | None = None,
    ) -> None:
        self._chat_encoder = chat_encoder
        self._settings = settings
        self._placed = placed or {}
        self._model = model if model is not None and can_look(model) else None
        self._kept: dict[ItemKey, TrainingItem] = {}
        self._room_bytes = settings.picture_gigabytes * _GIGABYTE
        self.seconds_looking = 0.0
        """How long the vision tower has been at work."""

    def item(self, example: Example, shown: Sequence[Example] = ()) -> TrainingItem:
        """One example as tensors. Raises ImageError where a picture cannot be opened."""
        kept = self._kept.get((example.example_id, len(shown)))
        if kept is None:
            kept = training_item(example, self._chat_encoder, self._settings, shown, self._placed)
            kept = self._keep(kept)
        return kept

    def _keep(self, item: TrainingItem) -> TrainingItem:
        start = time.perf_counter()
        looked = item if self._model is None else _looked_at(item, self._model)
        self.seconds_looking += time.perf_counter() - start
        size = sum(tensor.nbytes for tensor in looked.conversation.prompt.values())
        if size <= self._room_bytes:
            self._room_bytes -= size
            self._kept[item.key] = looked
            return looked
        if self._model is not None:
            self._model = None
            self._kept.clear()
            self._room_bytes = self._settings.picture_gigabytes * _GIGABYTE
        return item


def _looked_at(item: TrainingItem, model: "PeftModel") -> TrainingItem:
    prompt = look(model, item.conversation.prompt)
    rejected = item.rejected and replace(item.rejected, prompt=prompt)
    return replace(item, conversation=replace(item.conversation, prompt=prompt), rejected=rejected)


class PairItems(Dataset[TrainingItem]):
    """The items of one epoch by number.

    With exemplars each can be had without them too, under its number plus the number of items.
    """

    def __init__(self, examples: Sequence[Example], cache: ItemCache, prepared: Prepared) -> None:
        self._examples = examples
        self._cache = cache
        self._shown = prepared.shown
        self.lengths = [prepared.lengths[each.example_id] for each in examples]
        self.bare_lengths = [
            prepared.bare_lengths[each.example_id] for each in examples if prepared.shown
        ]

    def __len__(self) -> int:
        return len(self._examples)

    @property
    def variants(self) -> int:
        """How many numbers there are."""
        return len(self) * (2 if self._shown else 1)

    def __getitem__(self, number: int) -> TrainingItem:
        is_bare, place = divmod(number, len(self))
        example = self._examples[place]
        return self._cache.item(example, () if is_bare else self._shown.get(example.pair_id, ()))


def training_item(
    example: Example,
    chat_encoder: ChatEncoder,
    settings: TrainSettings,
    shown: Sequence[Example] = (),
    placed: Mapping[str, PlacedImage] = _NOWHERE_ELSE,
) -> TrainingItem:
    """One example as tensors. Raises ImageError where a picture cannot be opened."""
    exemplars = [load_exemplar(each, settings.max_pixels, placed) for each in shown]
    pictures = load_example_images(example, settings.max_pixels, placed)
    prompt = chat_encoder.prompt_inputs(*pictures, exemplars)

    def conversation(reply: str) -> Conversation:
        return Conversation(prompt, chat_encoder.reply_ids(reply))

    is_preference = settings.method == "preference" and example.is_corrected
    return TrainingItem(
        example_id=example.example_id,
        conversation=conversation(str(example.reply)),
        rejected=conversation(str(example.original_reply)) if is_preference else None,
        weight=_weight(example, settings) if is_preference else 1.0,
        exemplars=len(exemplars),
    )


def _weight(example: Example, settings: TrainSettings) -> float:
    return max((settings.error_weights.get(name, 1.0) for name in example.error_types), default=1.0)


def prepare(
    pair_set: PairSet, examples: Sequence[Example], cache: ItemCache, settings: TrainSettings
) -> Prepared:
    """Look at each example alone, and with its exemplars where some are to be shown.

    Exemplars are chosen among the examples that can be learnt themselves. Raises MissingStageError
    where the set has no embeddings to choose by.
    """
    alone = _look_at(examples, cache, settings.context_tokens, {})
    usable = [each for each in examples if each.example_id in alone.lengths]
    if not settings.exemplars or not usable:
        return alone
    pair_ids = [each.pair_id for each in usable]
    shown = exemplars_for(pair_set, usable, pair_ids, settings.exemplars)
    together = _look_at(usable, cache, settings.context_tokens, shown)
    excluded = alone.excluded | together.excluded
    return Prepared(together.lengths, excluded, shown, alone.lengths)


def _look_at(
    examples: Sequence[Example], cache: ItemCache, context_tokens: int, shown: Shown
) -> Prepared:
    lengths: dict[str, int] = {}
    excluded: dict[str, Example] = {}
    for example in progress(examples, "prepare", total=len(examples), unit="example"):
        before = shown.get(example.pair_id, ())
        try:
            item = cache.item(example, before)
        except ImageError as error:
            reason, detail = ExclusionReason.UNREADABLE_IMAGE, f"{error.code}: {error}"
            excluded[example.example_id] = _excluded(example, reason, detail)
            continue
        rejected = item.rejected.length if item.rejected else 0
        length = max(item.conversation.length, rejected)
        if length > context_tokens:
            detail = f"{length} tokens, more than --context-tokens {context_tokens}"
            detail += f", with {len(before)} exemplars" if before else ""
            excluded[example.example_id] = _excluded(example, ExclusionReason.TOO_LONG, detail)
        else:
            lengths[example.example_id] = length
    return Prepared(lengths, excluded)


def _excluded(example: Example, reason: ExclusionReason, detail: str) -> Example:
    return replace(example, exclusion=reason, exclusion_detail=detail)
