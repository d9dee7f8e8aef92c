"""The verb ``pairset merge``: an adapter and its base become one plain checkpoint."""

from collections.abc import Callable
from pathlib import Path

from annotator.weights.lora_adapters import read_adapter, shipped_adapter
from annotator.weights.models import load_model
from finetune.saving import whole_folder
from finetune.settings import MergeSettings
from pairset.errors import MissingStageError, SettingsError
from pairset.models.adapter_cards import base_of, check_base, find_adapter, read_card
from pairset.models.checkpoints import CheckedLoading, load_whole, loading
from pairset.models.loaded import Processor
from pairset.store import open_set
from pairset.terminal.console import say


def merge(settings: MergeSettings) -> None:
    """Write a folder that transformers and vLLM load without PEFT.

    Raises MissingStageError where the set has no such adapter, SettingsError where the folder is
    taken or the base another one.
    """
    pair_set = open_set(settings.set_url)
    adapter = find_adapter(pair_set, settings.adapter) or shipped_adapter(settings.adapter)
    card = read_card(adapter) if adapter else None
    if adapter is None or card is None:
        raise MissingStageError(
            f"{pair_set.url} has no adapter {settings.adapter}. "
            f"See what it has: pairset adapters {pair_set.url}"
        )
    _check_is_free(settings.output)
    read_adapter(adapter)
    model = load_model(settings.model or base_of(card))
    check_base(card, model.name, model.identity)
    with whole_folder(settings.output) as unfinished:
        _write(model.folder, adapter, unfinished)
    say(f"{settings.output}: {card.model} with {card.name}, to be used as --model FOLDER")


def _check_is_free(output: Path) -> None:
    try:
        if output.exists() and any(output.iterdir()):
            raise SettingsError(f"{output} is not empty: name another folder.")
    except OSError as error:
        raise SettingsError(f"{output} cannot be written to: {error.strerror}.") from error


def _write(base: Path, adapter: Path, output: Path) -> None:
    import finetune.lora  # noqa: F401, I001 - first: it makes torch's companions fit

    from peft import PeftModel
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils import logging

    load_processor: Callable[..., Processor] = AutoProcessor.from_pretrained
    hide_bar: Callable[[], None] = logging.disable_progress_bar
    hide_bar()
    with loading(base):
        model = load_whole(AutoModelForImageTextToText, base, dtype="auto")
        processor = load_processor(base)
    with CheckedLoading(lambda reason: f"{adapter} does not fit {base}: {reason}"):
        merged = PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
    merged.save_pretrained(output)
    processor.save_pretrained(output)
