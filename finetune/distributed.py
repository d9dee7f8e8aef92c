"""Several processes that train one adapter together, as ``accelerate launch`` starts them."""

import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Which of the processes this one is."""

    number: int = 0
    """The first one alone writes into the set and speaks to the person."""
    count: int = 1
    on_machine: int = 0
    """Number of the GPU that this process has, where there are GPUs."""

    @property
    def is_first(self) -> bool:
        return self.number == 0


def place_of_process() -> Place:
    """Read what the launcher left in the environment; without one, the process is alone."""
    names = {"number": "RANK", "count": "WORLD_SIZE", "on_machine": "LOCAL_RANK"}
    said = {field: os.environ.get(name) for field, name in names.items()}
    return Place(**{field: int(value) for field, value in said.items() if value})


def hush() -> None:
    """Say nothing more but errors: the first process already says it."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the end
    os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported
