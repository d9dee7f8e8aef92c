"""Processes told apart from later ones of the same number, and whether they still live."""

import os
import platform
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pairset.records.ids import content_id

_PID_NAMESPACE = Path("/proc/self/ns/pid")
_STATE_FIELD, _START_FIELD = 0, 19
"""In ``/proc/PID/stat``, counted after the name, which may hold blanks and brackets."""


class Life(StrEnum):
    """What is known of a process."""

    RUNS = "runs"
    STOPPED = "stopped"
    """By Ctrl-Z or SIGSTOP: it lives and does nothing."""
    ENDED = "ended"
    UNKNOWN = "unknown"
    """It is, or was, of another machine or container."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of one machine, of all that ever had its number."""

    machine: str
    """Eight hexadecimal digits."""
    number: int
    started: int
    """Clock ticks after the machine's start; 0 where the system does not tell."""

    def __str__(self) -> str:
        return f"{self.machine}-{self.number}-{self.started}"

    @property
    def life(self) -> Life:
        if self.machine != this_machine():
            return Life.UNKNOWN
        state, started = _look(self.number)
        if state is None or started != self.started:
            return Life.ENDED
        return {"T": Life.STOPPED, "t": Life.STOPPED, "Z": Life.ENDED, "X": Life.ENDED}.get(
            state, Life.RUNS
        )


def this_process() -> Process:
    """The one that asks; another one after a fork."""
    return Process(this_machine(), os.getpid(), _look(os.getpid())[1])


@cache
def this_machine() -> str:
    """The space in which numbers of processes mean the same: a machine's, or a container's."""
    try:
        namespace = _PID_NAMESPACE.stat().st_ino
    except OSError:  # no Linux
        namespace = 0
    return content_id("machine", platform.node(), str(namespace))[:8]


def _look(number: int) -> tuple[str | None, int]:
    """State and start of a process; no state where there is none of that number."""
    try:
        fields = Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()
        return fields[_STATE_FIELD].decode(), int(fields[_START_FIELD])
    except (OSError, IndexError):
        is_there = not Path("/proc/self/stat").exists() and _takes_signals(number)
        return "R" if is_there else None, 0


def _takes_signals(number: int) -> bool:
    try:
        os.kill(number, 0)
    except PermissionError:  # somebody else's
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
