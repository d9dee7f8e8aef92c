"""The engines by name. None is imported before it is chosen."""

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import cast

from annotator.engines.protocol import Engine, EnginePlan
from annotator.settings import AskSettings, EngineName
from pairset.errors import SettingsError
from pairset.running.memory import require_address_space

_ADDRESS_BYTES = 3 << 30
"""With less, torch cannot be imported and the grammar's compiler waits for ever, or ends the
process without a word: measured with the smallest model."""

OpenEngine = Callable[[EnginePlan], AbstractContextManager[Engine]]

ENGINES: dict[EngineName, str] = {
    "server": "annotator.engines.server:open_server",
    "vllm": "annotator.engines.vllm:open_vllm",
    "transformers": "annotator.engines.transformers:open_transformers",
}
"""``module:function`` that opens each engine."""


def engine_name(settings: AskSettings) -> EngineName:
    """Which engine the settings mean. Raises SettingsError where they contradict each other."""
    wants_server = bool(settings.server) or settings.spawn
    if settings.server and settings.spawn:
        raise SettingsError("--server asks a running server, --spawn starts one: choose one.")
    if wants_server and "engine" in settings.model_fields_set and settings.engine != "server":
        raise SettingsError(f"--server and --spawn do not go with --engine {settings.engine}.")
    if settings.engine == "server" and not wants_server:
        raise SettingsError(
            "--engine server needs --server URL (a running server) or --spawn (start one here)."
        )
    return "server" if wants_server else settings.engine


def open_engine(name: EngineName, plan: EnginePlan) -> AbstractContextManager[Engine]:
    """Open an engine for use in a ``with`` block.

    Raises MissingExtraError where its packages are not installed, ModelUnavailableError where
    the model cannot be loaded, EngineDownError where its server does not come up.
    """
    if name != "server":
        require_address_space(_ADDRESS_BYTES, f"A model through {name}")
    module, function = ENGINES[name].split(":")
    opened = cast("OpenEngine", getattr(importlib.import_module(module), function))
    return opened(plan)
