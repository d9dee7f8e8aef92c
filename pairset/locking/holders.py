"""Who holds a set for writing, as the holder says itself, and what another run is told of it."""

import getpass
import json
import os
import platform
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime

from pairset.errors import SetBusyError
from pairset.files.processes import Life, Process, this_process

_LARGEST_NUMBER = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Holder:
    """One process, and what it is at."""

    verb: str
    host: str
    user: str
    since: str
    machine: str
    number: int
    started: int

    @property
    def process(self) -> Process:
        return Process(self.machine, self.number, self.started)

    def signed(self, **more: str | int) -> bytes:
        """What it leaves in its lock."""
        return json.dumps(asdict(self) | more).encode()


def this_holder(verb: str) -> Holder:
    """The process that asks, at work on a verb."""
    process = this_process()
    since = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a number without a name, as in many containers
        user = str(os.getuid())
    return Holder(
        verb, platform.node(), user, since, process.machine, process.number, process.started
    )


def read_holder(content: bytes) -> Holder | None:
    """The holder that a lock names; None where it says nothing that could be understood."""
    try:
        said = json.loads(content)
        known = {field.name: said[field.name] for field in fields(Holder)}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    numbers = known["number"], known["started"]
    words = [value for name, value in known.items() if name not in ("number", "started")]
    is_sound = all(type(each) is int and 0 <= each <= _LARGEST_NUMBER for each in numbers)
    return Holder(**known) if is_sound and all(isinstance(each, str) for each in words) else None


def busy(set_url: str, who: Holder | None) -> SetBusyError:
    """Who is at work, and what the person can do."""
    if who is None:
        return SetBusyError(f"Another run writes into {set_url} now. Wait until it has ended.")
    advice = {
        Life.STOPPED: f"It is stopped at the moment: kill -CONT {who.number} lets it go on.",
        Life.ENDED: "It has ended, but a process that it started has not, and holds the set.",
        Life.RUNS: f"Wait until it has ended, or end it: kill {who.number}.",
        Life.UNKNOWN: "Wait until it has ended, or end it there.",
    }
    return SetBusyError(
        f"pairset {who.verb} is at work on {set_url} already: process {who.number} on {who.host}, "
        f"of {who.user}, since {who.since}. {advice[who.process.life]} What the set holds can be "
        "read meanwhile."
    )
