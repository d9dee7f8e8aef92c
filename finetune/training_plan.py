"""What a training run is about to do, decided before any model is loaded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from annotator.prompting.prompt import Prompt
from annotator.weights.lora_adapters import read_adapter, shipped_adapter
from annotator.weights.models import ModelChoice
from finetune.errors import NothingToLearnError
from finetune.settings import TrainSettings
from pairset.errors import SettingsError
from pairset.models.adapter_cards import BEST, adapter_folder, check_base, find_adapter, read_card
from pairset.models.checkpoints import expanded
from pairset.records import Example
from pairset.records.example import Split
from pairset.records.ids import content_id
from pairset.rows.set_documents import read_set_document
from pairset.store import PairSet, write_atomically

_PLAN = "plan.json"
_NOT_IN_THE_KEY = {
    *("set_url", "config", "name", "prompt_file"),
    *("dataloader_workers", "checkpoint_steps", "samples", "picture_gigabytes"),
}
"""Settings that change nothing about what comes out; of a prompt file its words matter."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """One adapter to be made."""

    name: str
    folder: Path
    data: str
    """Hash of the verdicts' words, the base, the prompt and the settings."""
    start_from: Path | None


def plan_training(
    pair_set: PairSet,
    settings: TrainSettings,
    examples: Sequence[Example],
    asked: tuple[ModelChoice, Prompt],
) -> TrainingPlan:
    """Name the adapter and its folder; the same data and settings give the same name.

    Raises SettingsError where the name is taken by something else.
    """
    model, prompt = asked
    start_from = _start_from(pair_set, settings, model)
    start = (read_card(start_from) if start_from else None) or start_from
    said = settings.model_dump(mode="json", exclude=_NOT_IN_THE_KEY)
    words = json.dumps(said, sort_keys=True), model.identity, prompt.prompt_id, repr(start)
    data = content_id("training", *words, *map(repr, examples))
    name = settings.name or f"{settings.method}-{data[:8]}"
    if name == BEST:
        raise SettingsError(f"{BEST!r} means the adapter that was measured best: choose another.")
    return TrainingPlan(name, adapter_folder(pair_set, name), data, start_from)


def _start_from(pair_set: PairSet, settings: TrainSettings, model: ModelChoice) -> Path | None:
    if settings.start_from is None:
        return None
    name = settings.start_from
    own = find_adapter(pair_set, name) or shipped_adapter(name)
    folder = own or expanded(name)
    if not (folder / "adapter_config.json").is_file():
        raise SettingsError(
            f"There is no adapter {settings.start_from} in this set, nor a folder of that name. "
            f"See: pairset adapters {pair_set.url}"
        )
    read_adapter(folder)
    card = read_card(folder)
    if card:
        check_base(card, model.name, model.identity)
    return folder


@dataclass(frozen=True, slots=True)
class _BegunWith:
    """What a folder keeps of the plan it was begun with."""

    data: str


def begin(pair_set: PairSet, plan: TrainingPlan) -> None:
    """Claim the adapter's folder. Raises SettingsError where other data or settings hold it."""
    path = str(plan.folder / _PLAN)
    begun_with = read_set_document(_BegunWith, pair_set, path)
    if begun_with is None:
        write_atomically(pair_set, path, json.dumps({"data": plan.data}).encode())
        return
    if begun_with.data != plan.data:
        raise SettingsError(
            f"Adapter {plan.name} was begun with other verdicts or settings. Give another --name, "
            f"or delete {plan.folder}."
        )


def to_learn(examples: Sequence[Example], settings: TrainSettings) -> list[Example]:
    """What is learnt: all of the training side that teaches.

    Raises NothingToLearnError where that is nothing, or for preferences nothing was corrected.
    """
    side = [each for each in examples if each.teaches and each.split == Split.TRAIN]
    wanted = [each for each in side if settings.method == "supervised" or each.is_corrected]
    if not wanted:
        what = "reviewed pair" if settings.method == "supervised" else "corrected reply"
        raise NothingToLearnError(
            f"No {what} is on the training side of the split ({len(examples)} pairs, "
            f"{sum(not each.teaches for each in examples)} excluded). Review more pairs, or lower "
            "--held-out-share."
        )
    return side


def settings_of(settings: TrainSettings) -> dict[str, object]:
    """The settings as a card keeps them: without the path of this machine's set."""
    return settings.model_dump(mode="json", exclude={"set_url", "config"})
