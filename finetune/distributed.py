"""Several processes that train one adapter together, as ``accelerate launch`` starts them."""

import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessRank:
    """Which of the processes this one is, in torch's words."""

    rank: int = 0
    """Number of the process. Process 0 alone writes into the set and speaks to the person."""
    world_size: int = 1
    """How many processes train together."""
    local_rank: int = 0
    """Number of the process on its machine, and of its GPU where there are GPUs."""

    @property
    def is_main(self) -> bool:
        return self.rank == 0


def process_rank() -> ProcessRank:
    """Read what the launcher left in the environment; without a launcher the process is alone."""
    names = {"rank": "RANK", "world_size": "WORLD_SIZE", "local_rank": "LOCAL_RANK"}
    said = {field: os.environ.get(name) for field, name in names.items()}
    return ProcessRank(**{field: int(value) for field, value in said.items() if value})


def silence() -> None:
    """Print nothing more but errors: process 0 already prints the rest."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the end
    os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported
