"""One run of a verb: its settings, its manners, its log, and what is said where it cannot go on."""

import gc
import importlib
import logging
import os
import platform
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pairset import __version__
from pairset.app.verbs import Verb
from pairset.errors import BrokenPackageError, MissingExtraError, OutOfMemoryError, PairsetError
from pairset.running.stopping import exit_code_of, stoppable
from pairset.terminal.console import ConsoleHandler, Manners, behave, complain

if TYPE_CHECKING:
    from pairset.settings import Settings

_OURS = ("annotator", "clustering", "finetune", "pairset", "review")
_log = logging.getLogger(__name__)


def run_verb(verb: Verb, arguments: Sequence[str]) -> int:
    """Run a verb; returns the exit code."""
    settings: Settings | None = None
    with ExitStack() as run:
        try:
            with _quick_start():
                from pairset.settings import parse_settings

                given: Settings = parse_settings(_load(verb.settings), arguments)
                settings = given
            run.enter_context(_manners(verb, given))
            with stoppable():
                _load(verb.function)(given)
        except KeyboardInterrupt as stop:
            complain("\nStopped. The same command goes on where this one ended.")
            return exit_code_of(stop)
        except Exception as error:  # noqa: BLE001 - the edge: there is nobody above to catch it
            return _end_badly(error, verb, settings)
    return 0


def _end_badly(error: Exception, verb: Verb, settings: "Settings | None") -> int:
    """Say what stopped the run, and whom to tell where nobody foresaw it."""
    known = _in_our_words(error, verb)
    if known:
        trace = "".join(traceback.format_exception(error)).rstrip()
        _log.info(trace)  # for --verbose and the log file
        complain(f"pairset {verb.name}: {known}")
        return known.exit_code
    from pairset.terminal.crash import report_crash

    complain(f"pairset {verb.name}: {report_crash(error, verb.name, _folder(verb, settings))}")
    return 1


def _in_our_words(error: Exception, verb: Verb) -> PairsetError | None:
    """An error that has a sentence of its own, None for all others."""
    from pairset.files.storage import storage_error, storage_faults

    if isinstance(error, PairsetError):
        return error
    if isinstance(error, storage_faults()):
        return storage_error(error)
    if isinstance(error, MemoryError):
        return OutOfMemoryError()
    if (damaged := _damaged_table(error)) is not None:
        return damaged
    if isinstance(error, ImportError) and (error.name or _OURS[0]).split(".")[0] not in _OURS:
        from pairset.packages import extra_for, package_of

        name = str(error.name)
        if isinstance(error, ModuleNotFoundError):
            return MissingExtraError(package_of(name), extra_for(name, verb.name))
        return BrokenPackageError(package_of(name), " ".join(str(error).split()))
    return None


def _damaged_table(error: Exception) -> PairsetError | None:
    if "duckdb" not in sys.modules:
        return None
    from pairset.files.damage import damaged_table

    return damaged_table(error)


@contextmanager
def _manners(verb: Verb, settings: "Settings") -> Iterator[None]:
    """Speak as the settings want it, and keep a log in the set that the verb writes to."""
    from pairset.terminal.journal import Journal, JournalHandler

    folder = _folder(verb, settings)
    journal = Journal(folder, verb.name) if folder else None
    before = behave(
        Manners(
            says_results=verb.answers or not settings.quiet,
            shows_progress=not settings.quiet,
            speaks_json=getattr(settings, "json_output", False),
            journal=journal.note if journal else None,
        )
    )
    handlers: list[logging.Handler] = [ConsoleHandler(_level(settings))]
    if journal:
        handlers.append(JournalHandler(journal))
    with _logging_to(handlers, own_level=logging.DEBUG):
        _log.debug(_opening_words(verb, settings))
        try:
            yield
        finally:
            _log.debug("end")
            behave(before)
            if journal:
                journal.close()


@contextmanager
def _logging_to(handlers: Sequence[logging.Handler], own_level: int) -> Iterator[None]:
    """Hand these what is logged and warned; of our own modules, down to a level of their own."""
    root, ours = logging.getLogger(), [logging.getLogger(name) for name in _OURS]
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
    levels = [logger.level for logger in ours]
    for logger in ours:
        logger.setLevel(own_level)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        for handler in handlers:
            root.removeHandler(handler)
        for logger, level in zip(ours, levels, strict=True):
            logger.setLevel(level)


def _level(settings: "Settings") -> int:
    return logging.DEBUG if settings.verbose else logging.WARNING


def _folder(verb: Verb, settings: "Settings | None") -> Path | None:
    """Where this run may leave files beside its rows; None where it only reads."""
    from pairset.terminal.journal import local_folder

    set_url = getattr(settings, "set_url", None)
    return None if verb.reads_only or not set_url else local_folder(set_url)


def _opening_words(verb: Verb, settings: "Settings") -> str:
    system = f"Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores"
    return f"pairset {__version__} {verb.name}, {system}: {sys.argv[1:]!r}; {settings!r}"


@contextmanager
def _quick_start() -> Iterator[None]:
    """Read settings without two costs that a command line gains nothing from.

    pydantic looks for plugins in the metadata of every installed package, and building its classes
    allocates much that the collector would look at again and again and never free.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _load(address: str) -> Any:
    module, name = address.split(":")
    return getattr(importlib.import_module(module), name)
