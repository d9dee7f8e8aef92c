"""The verb ``pairset train``: verdicts → examples → LoRA → an adapter that the set keeps."""

import datetime
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.prompting.prompt import Prompt, load_prompt, prompt_name
from annotator.prompting.prompt_file import KEPT_PROMPT, kept_prompt, own_prompt
from annotator.weights.models import ModelChoice, load_model
from finetune.curve_file import CURVE
from finetune.distributed import process_rank, silence
from finetune.examples.make import (
    examples_key,
    exclusions,
    make_examples,
    save_examples,
    stages_behind_examples,
)
from finetune.examples.split import SplitRule
from finetune.examples.unchanged import unchanged_examples
from finetune.examples.weakness import oversampled
from finetune.saving import saving
from finetune.settings import TrainSettings
from finetune.training_plan import TrainingPlan, begin, plan_training, settings_of, to_learn
from pairset.errors import SettingsError
from pairset.files.storage import write_whole
from pairset.locking.locks import writing
from pairset.models.adapter_cards import AdapterCard, read_card, write_card
from pairset.records import Example
from pairset.rows.freshness import complain_of_lags
from pairset.rows.places import PlacedImage, placed_examples
from pairset.rows.set_documents import read_set_document
from pairset.rows.voices import Voice, is_judged, judges_of, voice_of
from pairset.store import PairSet, open_set, write_atomically
from pairset.terminal.console import say, say_table

if TYPE_CHECKING:
    from finetune.lora.adapted_model import Learner
    from finetune.lora.collate import Collator, ItemKey
    from finetune.lora.conversations import ChatEncoder
    from finetune.lora.preparation import ItemCache, PairItems, Prepared

_ADVICE = " Or learn what triage accepted, though nobody judged it, with --include-auto."
_CHECKPOINTS = "checkpoints"
_FIGURES = "figures.json"
_LIBRARIES = ("pairset", "torch", "transformers", "peft", "accelerate")


def train(settings: TrainSettings) -> None:
    """Fine-tune on the training side of the reviewed pairs, and keep the adapter in the set.

    The same command goes on from the last checkpoint, and does nothing once the adapter is there.
    """
    if not process_rank().is_main:
        silence()
    pair_set = open_set(settings.set_url)
    model = load_model(settings.model)
    prompt = _prompt(pair_set, settings, model)
    rule = SplitRule(settings.held_out_share, settings.split_seed)
    examples = make_examples(pair_set, rule, settings.include_auto, _ADVICE)
    complain_of_lags(pair_set, *stages_behind_examples(settings.include_auto))
    share = settings.unchanged_share
    examples += unchanged_examples(pair_set, examples, rule, prompt.name, share)
    plan = plan_training(pair_set, settings, examples, (model, prompt))
    with _alone(pair_set, plan):
        finished = read_card(plan.folder)
        if finished and finished.data == plan.data:
            say(f"Adapter {plan.name} is there already: nothing to do.")
            shutil.rmtree(plan.folder / _CHECKPOINTS, ignore_errors=True)  # a kill may have left it
            return
        if process_rank().is_main:
            begin(pair_set, plan)
            pair_set.save_run(f"train-{plan.name}", settings_of(settings))
        run = TrainingRun(pair_set, settings, model, prompt, plan)
        run.train(examples)


def _prompt(pair_set: PairSet, settings: TrainSettings, model: ModelChoice) -> Prompt:
    """What the model will be asked with.

    Raises SettingsError for a bad prompt file, and where the annotations were made with a prompt of
    one's own and the settings name no prompt: the model would be trained for other words.
    """
    own = own_prompt(settings.prompt, settings.prompt_file)
    kept_at = kept_prompt(pair_set.current("annotations"))
    if own is None and settings.prompt == "auto" and kept_at:
        raise SettingsError(
            "The annotations of this set were made with a prompt of your own. Train for the same "
            f"words with --prompt-file {kept_at}, or for others with --prompt full or brief."
        )
    return own or load_prompt(prompt_name(settings.prompt, model.name))


def _alone(pair_set: PairSet, plan: TrainingPlan) -> AbstractContextManager[None]:
    """No other run makes this adapter; of several processes of one run the first sees to it."""
    if process_rank().is_main:
        return writing(pair_set, TrainSettings.verb, plan.name)
    return nullcontext()


class TrainingRun:
    """One adapter in the making."""

    def __init__(
        self,
        pair_set: PairSet,
        settings: TrainSettings,
        model: ModelChoice,
        prompt: Prompt,
        plan: TrainingPlan,
    ) -> None:
        self._pair_set = pair_set
        self._settings = settings
        self._model = model
        self._prompt = prompt
        self._plan = plan

    def train(self, examples: Sequence[Example]) -> None:
        """Prepare, train, keep the adapter and its card, and say what came of it."""
        to_learn(examples, self._settings)  # raises before a model is loaded
        from finetune.lora.adapted_model import load_learner
        from finetune.lora.collate import Collator
        from finetune.lora.loop import TrainingData, run_training
        from finetune.lora.preparation import ItemCache, PairItems

        placed = placed_examples(self._pair_set, examples)
        learner = load_learner(self._model, self._settings, self._plan.start_from)
        chat_encoder = self._chat_encoder(learner)
        cache = ItemCache(chat_encoder, self._settings, learner.model, placed)
        prepared, table = self._prepared(examples, cache)
        collator = Collator(learner.padding_token)
        items = PairItems(self._epoch(prepared, table), cache, prepared)
        reference = self._reference(learner, items, collator)
        data = TrainingData(items, items.lengths, reference, items.bare_lengths)
        folder = self._plan.folder / _CHECKPOINTS
        folder.mkdir(parents=True, exist_ok=True)
        trained = run_training(learner.model, data, self._settings, collator, folder)
        if process_rank().is_main:
            figures = self._figures(folder, asdict(trained.begun_earlier(cache.seconds_looking)))
            self._keep(learner, chat_encoder, table, self._card(table, figures), placed)

    def _prepared(
        self, examples: Sequence[Example], cache: "ItemCache"
    ) -> "tuple[Prepared, list[Example]]":
        """What can be learnt, and all examples with the reason where one cannot."""
        from finetune.lora.preparation import prepare

        learnt = to_learn(examples, self._settings)
        prepared = prepare(self._pair_set, learnt, cache, self._settings)
        table = [prepared.excluded.get(each.example_id, each) for each in examples]
        if process_rank().is_main:
            save_examples(self._pair_set, table)
        _say_exclusions(table)
        return prepared, table

    def _epoch(self, prepared: "Prepared", table: Sequence[Example]) -> list[Example]:
        """What is learnt in one epoch: weak edit types are repeated."""
        usable = [each for each in table if each.example_id in prepared.lengths]
        return oversampled(to_learn(usable, self._settings), self._settings.oversample)

    def _reference(
        self, learner: "Learner", items: "PairItems", collator: "Collator"
    ) -> "dict[ItemKey, tuple[float, float]]":
        """What preferences are held against; nothing in supervised training."""
        from finetune.lora.reference import reference_logprobs

        if self._settings.method == "supervised":
            return {}
        return reference_logprobs(learner.model, items, collator, self._settings.batch_size)

    def _keep(
        self,
        learner: "Learner",
        chat_encoder: "ChatEncoder",
        table: Sequence[Example],
        card: AdapterCard,
        placed: Mapping[str, PlacedImage],
    ) -> None:
        """Write the adapter, its page and last its card; then the checkpoints may go."""
        from finetune.lora.sample_replies import take_samples
        from finetune.training_page.training_page import write_training_page

        folder = self._plan.folder
        for config in learner.model.peft_config.values():
            config.base_model_name_or_path = self._model.name
        with saving(folder):
            learner.model.save_pretrained(str(folder), save_embedding_layers=False)
            curve = (folder / _CHECKPOINTS / CURVE).read_bytes()
        write_whole(str(folder / CURVE), curve)
        if self._prompt.own_text:
            write_whole(str(folder / KEPT_PROMPT), self._prompt.own_text.encode())
        samples = take_samples(learner, chat_encoder, table, self._settings, placed)
        page = write_training_page(self._pair_set, folder, card, table, samples)
        write_card(self._pair_set, folder, card)
        shutil.rmtree(folder / _CHECKPOINTS)
        _say_card(card, to_learn(table, self._settings), page)
        model = self._settings.model or card.model  # a card's may be the bare name of a folder
        shown = f" --exemplars {self._settings.exemplars}" if self._settings.exemplars else ""
        asked = f" --prompt-file {folder / KEPT_PROMPT}" if self._prompt.own_text else ""
        say(
            f"Serve it with: pairset annotate {self._pair_set.url} --model {model} --adapter "
            f"{card.name}{shown}{asked}"
        )

    def _chat_encoder(self, learner: "Learner") -> "ChatEncoder":
        from finetune.lora.conversations import ChatEncoder

        chat_encoder = ChatEncoder(learner.processor, self._prompt, learner.end_of_turn)
        chat_encoder.check_placeholders(self._model.name, self._settings.exemplars)
        return chat_encoder

    def _figures(self, folder: Path, trained: dict[str, float]) -> dict[str, float]:
        """What training came to. Killed after its last step, a run that goes on measures nothing:
        the figures of the run that made that step stand.
        """
        path = str(folder / _FIGURES)
        kept = read_set_document(dict[str, float], self._pair_set, path)
        if kept is None:
            write_atomically(self._pair_set, path, json.dumps(trained).encode())
        return trained if kept is None else kept

    def _card(self, table: Sequence[Example], figures: dict[str, float]) -> AdapterCard:
        learnt = to_learn(table, self._settings)
        return AdapterCard(
            name=self._plan.name,
            method=self._settings.method,
            model=self._model.name,
            model_identity=self._model.identity,
            prompt_id=self._prompt.prompt_id,
            start_from=self._settings.start_from,
            data=self._plan.data,
            examples=examples_key(table),
            trained_on=len(learnt),
            unchanged=sum(not each.is_reviewed for each in learnt),
            excluded=dict(exclusions(table)),
            settings=settings_of(self._settings),
            versions={name: version(name) for name in _LIBRARIES},
            figures=figures,
            finished_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )


def _say_exclusions(examples: Sequence[Example]) -> None:
    counts = exclusions(examples)
    if counts:
        say_table("Pairs that teach nothing", ["reason", "pairs"], counts.most_common())


def _say_card(card: AdapterCard, learnt: Sequence[Example], page: Path) -> None:
    figures, reviewers = card.figures, [each.reviewer for each in learnt]
    unseen = sum(voice_of(each) is Voice.AUTO for each in reviewers)
    accepted = f"{unseen} a model's own words that nobody judged, " if unseen else ""
    say(
        f"Adapter {card.name}: {card.trained_on} examples, {sum(map(is_judged, reviewers))} of "
        f"them judged by {judges_of(reviewers).who}, {accepted}{card.unchanged} unchanged "
        f"pairs that nobody reviewed, {figures['steps']:.0f} steps, "
        f"{figures['examples_per_second']:.1f} examples/s, loss {figures['loss']:.4f}, "
        f"{figures['padding_share']:.1%} of the tokens padding."
    )
    say(f"Its curve, and replies before and after: {page}")
