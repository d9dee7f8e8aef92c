"""From settings to the annotator they mean, before any model is loaded."""

from annotator.adapters import AdapterChoice, load_adapter, served_adapter
from annotator.engines.registry import engine_name
from annotator.identity import Annotator
from annotator.models import ModelChoice, load_model, served_model
from annotator.prompt import PromptName, load_prompt
from annotator.settings import STARTER, AnnotateSettings


def resolve_annotator(settings: AnnotateSettings) -> Annotator:
    """Decide on engine, model, adapter and prompt.

    Raises SettingsError for contradicting settings, ModelUnavailableError where the model or the
    adapter cannot be had, EngineDownError where a running server does not answer.
    """
    engine = engine_name(settings)
    if settings.server:
        model, adapter = _on_server(settings, settings.server)
    else:
        model = load_model(settings.model)
        adapter = load_adapter(settings.adapter) if settings.adapter else None
    return Annotator(engine, model, adapter, load_prompt(_prompt_name(settings, model)))


def _on_server(settings: AnnotateSettings, url: str) -> tuple[ModelChoice, AdapterChoice | None]:
    """Model and adapter by the names a running server has for them."""
    from annotator.engines.server import choose_served_model

    model = served_model(choose_served_model(url, settings.model, settings.adapter))
    return model, served_adapter(settings.adapter) if settings.adapter else None


def _prompt_name(settings: AnnotateSettings, model: ModelChoice) -> PromptName:
    if settings.prompt != "auto":
        return settings.prompt
    return "brief" if model.name == STARTER else "full"
