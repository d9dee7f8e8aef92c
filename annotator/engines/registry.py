"""The engines by name: ours, and those that installed packages add. None is imported before it is
chosen.

A package adds an engine by an entry point of the group ``pairset.engines``, whose value is the
``module:function`` that opens it.
"""

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import cast

from annotator.engines.protocol import Engine, EnginePlan
from annotator.settings import AskSettings
from pairset.app.command.suggestions import did_you_mean
from pairset.entry_points import ENGINES_GROUP, Addition, added_names, find_addition
from pairset.errors import SettingsError
from pairset.running.memory import require_address_space

_ADDRESS_BYTES = 3 << 30
"""With less, torch cannot be imported and the grammar's compiler waits for ever, or ends the
process without a word: measured with the smallest model."""

OpenEngine = Callable[[EnginePlan], AbstractContextManager[Engine]]

ENGINES: dict[str, str] = {
    "server": "annotator.engines.server:open_server",
    "vllm": "annotator.engines.vllm:open_vllm",
    "transformers": "annotator.engines.transformers:open_transformers",
}
"""``module:function`` that opens each engine of ours; no package can replace one."""


def engine_name(settings: AskSettings) -> str:
    """Which engine the settings mean.

    Raises SettingsError where they contradict each other, and for a name that no engine has;
    PlugInError where two packages give it to theirs.
    """
    wants_server = bool(settings.server) or settings.spawn
    if settings.server and settings.spawn:
        raise SettingsError("--server asks a running server, --spawn starts one: choose one.")
    if wants_server and "engine" in settings.model_fields_set and settings.engine != "server":
        raise SettingsError(f"--server and --spawn do not go with --engine {settings.engine}.")
    if settings.engine == "server" and not wants_server:
        raise SettingsError(
            "--engine server needs --server URL (a running server) or --spawn (start one here)."
        )
    if settings.engine not in ENGINES:
        _added_engine(settings.engine)
    return "server" if wants_server else settings.engine


def open_engine(name: str, plan: EnginePlan) -> AbstractContextManager[Engine]:
    """Open an engine for use in a ``with`` block.

    Raises MissingExtraError where its packages are not installed, ModelUnavailableError where
    the model cannot be loaded, EngineDownError where its server does not come up,
    PlugInError where another package adds it and it cannot be used.
    """
    if name not in ENGINES:
        return _loaded(_added_engine(name))(plan)
    if name != "server":
        require_address_space(_ADDRESS_BYTES, f"A model through {name}")
    module, function = ENGINES[name].split(":")
    opened = cast("OpenEngine", getattr(importlib.import_module(module), function))
    return opened(plan)


def _added_engine(name: str) -> Addition:
    """The engine of this name that an installed package adds. Raises as ``engine_name`` does."""
    addition = find_addition(ENGINES_GROUP, name)
    if addition:
        return addition
    known = sorted({*ENGINES, *added_names(ENGINES_GROUP)})
    raise SettingsError(
        f"--engine is {name!r}: choose {', '.join(known[:-1])} or {known[-1]}."
        f"{did_you_mean(name, known)}"
    )


def _loaded(addition: Addition) -> OpenEngine:
    opens = addition.load()
    if not callable(opens):
        raise addition.unusable(
            f"is an object of type {type(opens).__name__}, which is no function"
        )
    return cast("OpenEngine", opens)
