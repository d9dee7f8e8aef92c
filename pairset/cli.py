"""The command: ``pairset VERB``. A verb's own modules are imported only when it is called."""

import gc
import importlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pairset import __version__
from pairset.console import complain, lost_output, say
from pairset.errors import PairsetError
from pairset.stopping import exit_code_of, stoppable
from pairset.storage import storage_error, storage_faults
from pairset.streams import open_missing_streams
from pairset.verbs import VERBS, Verb, find_verb, verbs_under


def help_text() -> str:
    """What ``pairset --help`` prints."""
    width = max(len(verb.name) for verb in VERBS)
    return "\n".join(
        [
            "usage: pairset VERB …",
            "",
            "Turn a corpus of photos into pairs with editing instructions.",
            "",
            *(f"  {verb.name:<{width}}  {verb.summary}" for verb in VERBS),
            "",
            "pairset VERB --help explains each; pairset --version prints the version.",
        ]
    )


def _help_under(word: str) -> str:
    """What ``pairset review --help`` prints."""
    verbs = verbs_under(word)
    width = max(len(verb.name) for verb in verbs)
    lines = (f"  {verb.name:<{width}}  {verb.summary}" for verb in verbs)
    return "\n".join([f"usage: pairset {word} VERB …", "", *lines])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code (0: good; docs/architecture.md lists the others)."""
    open_missing_streams()
    return _main(list(sys.argv[1:] if arguments is None else arguments)) or _code_of_output()


def _main(words: Sequence[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        say(help_text())
        return 0 if words else 2
    if words[0] in ("-V", "--version"):
        say(f"pairset {__version__}")
        return 0
    verb, rest = find_verb(words)
    if verb is None and verbs_under(words[0]):
        asked_for_help = words[1:] in (["-h"], ["--help"])
        (say if asked_for_help else complain)(_help_under(words[0]))
        return 0 if asked_for_help else 2
    if verb is None:
        complain(f"pairset: there is no verb {words[0]!r}\n\n{help_text()}")
        return 2
    return _run(verb, rest)


def _code_of_output() -> int:
    """1 where what was said could not be written; a reader that has gone is no fault."""
    lost = lost_output()
    if lost:
        complain(f"pairset: what it says could not be written: {lost}")
    return int(lost is not None)


def _run(verb: Verb, arguments: Sequence[str]) -> int:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        with stoppable():
            return _carry_out(verb, arguments)
    except PairsetError as error:
        complain(f"pairset {verb.name}: {error}")
        return error.exit_code
    except KeyboardInterrupt as stop:
        complain("\nStopped. The same command goes on where this one ended.")
        return exit_code_of(stop)
    except storage_faults() as error:
        known = storage_error(error)
        if known is None:
            raise
        complain(f"pairset {verb.name}: {known}")
        return known.exit_code


def _carry_out(verb: Verb, arguments: Sequence[str]) -> int:
    with _quick_start():
        from pairset.settings import parse_settings

        settings = parse_settings(_load(verb.settings), arguments)
    _load(verb.function)(settings)
    return 0


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


if __name__ == "__main__":
    sys.exit(main())
