"""Verbs that end in ways that no verb of ours should."""

import logging
import warnings
from typing import ClassVar

from pairset.running.progress import progress
from pairset.settings import FiguresSettings
from pairset.terminal.console import complain, say, say_json, say_table


class StrangeSettings(FiguresSettings):
    """Do something strange."""

    verb: ClassVar[str] = "strange"


def divide(settings: StrangeSettings) -> None:
    """Fail as only a mistake of ours can, with a secret in the words."""
    raise ZeroDivisionError(f"{settings.set_url} by zero\nwith hunter2hunter2 \x1b[2J")


def run_out(_: StrangeSettings) -> None:
    """Ask for more memory than there is."""
    raise MemoryError


def chatter(_: StrangeSettings) -> None:
    """Say everything in every way."""
    say("said \x1b[2J[/red]")
    say_table("title [/b]", ["[/i]"], [["cell \x1b]0;x\x07"]])
    for _number in progress([1], "bar \x1b[31m", total=1, unit="step"):
        pass
    logging.getLogger("somebody").warning("logged \x1b[5m")
    logging.getLogger("pairset.strange").debug("noted, with hunter2hunter2")
    warnings.warn("warned \x1b[7m", stacklevel=1)
    complain("complained \x9b2J of hunter2hunter2 and http://me:pw@host/")


def figures(settings: StrangeSettings) -> None:
    """Say something, and print figures."""
    say("on the way")
    if settings.json_output:
        say_json({"share": float("nan"), "words": "\x1b\u202e中\ud800"})
