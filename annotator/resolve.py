"""From settings to the annotator they mean, before any model is loaded."""

from dataclasses import replace

from annotator.engines.registry import engine_name
from annotator.identity import Annotator
from annotator.prompting.prompt import Prompt, load_prompt, prompt_name
from annotator.prompting.prompt_file import own_prompt
from annotator.settings import AskSettings
from annotator.weights.lora_adapters import (
    AdapterChoice,
    load_adapter,
    served_adapter,
    shipped_adapter,
)
from annotator.weights.models import ModelChoice, load_model, served_model
from pairset.exemplars.library import published_examples
from pairset.models.adapter_cards import BEST, base_of, check_base, find_adapter, read_card
from pairset.models.best_adapter import best_adapter
from pairset.models.checkpoints import expanded, is_folder
from pairset.store import PairSet


def resolve_annotator(settings: AskSettings) -> Annotator:
    """Decide on engine, model, adapter and prompt.

    Raises SettingsError for contradicting settings, a bad prompt file, an adapter of another base,
    ModelUnavailableError where the model or the adapter cannot be had, MissingStageError where the
    best adapter is wanted and none was measured and for exemplars of a set without examples,
    EngineDownError where a running server does not answer.
    """
    engine = engine_name(settings)
    own = own_prompt(settings.prompt, settings.prompt_file)
    if settings.server:
        model, adapter = _on_server(settings, settings.server)
    else:
        model = load_model(settings.model or _base_of_adapter(settings))
        adapter = _adapter(settings, model)
    prompt = own or load_prompt(prompt_name(settings.prompt, model.name))
    return Annotator(engine, model, adapter, _with_exemplars(prompt, settings))


def _with_exemplars(prompt: Prompt, settings: AskSettings) -> Prompt:
    if not settings.exemplars:
        return prompt
    examples = published_examples(PairSet(settings.set_url)).key
    return replace(prompt, exemplars=settings.exemplars, examples=examples)


def _adapter(settings: AskSettings, model: ModelChoice) -> AdapterChoice | None:
    """The adapter to load here, trained on this very model as far as it tells."""
    name = _adapter_name(settings, model)
    if name is None:
        return None
    adapter = load_adapter(name, PairSet(settings.set_url))
    if adapter.card:
        check_base(adapter.card, model.name, model.identity)
    return adapter


def _base_of_adapter(settings: AskSettings) -> str | None:
    """The model that an adapter was trained on, where it says so; none where "best" is meant."""
    if settings.adapter is None or settings.adapter == BEST:
        return None
    found = find_adapter(PairSet(settings.set_url), settings.adapter)
    folder = found or shipped_adapter(settings.adapter) or expanded(settings.adapter)
    card = read_card(folder) if is_folder(str(folder)) else None
    return base_of(card) if card else None


def _on_server(settings: AskSettings, url: str) -> tuple[ModelChoice, AdapterChoice | None]:
    """Model and adapter by the names a running server has for them."""
    from annotator.engines.server import choose_served_model

    asked = None if settings.adapter == BEST else settings.adapter
    model = served_model(choose_served_model(url, settings.model, asked))
    name = _adapter_name(settings, model)
    if name != asked:
        choose_served_model(url, model.name, name)
    return model, served_adapter(name) if name else None


def _adapter_name(settings: AskSettings, model: ModelChoice) -> str | None:
    """The adapter that is meant, where "best" is the one that was measured best on this model."""
    if settings.adapter != BEST:
        return settings.adapter
    return best_adapter(PairSet(settings.set_url), model.name, model.identity)
