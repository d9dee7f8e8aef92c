"""What makes a folder a set: rows of one of its stages, or the settings of a run."""

import os
import re
from collections.abc import Callable, Sequence

STAGES = (
    *("images", "embeddings", "cells", "clusters", "candidates", "pairs"),
    *("annotations", "probes", "triage", "verdicts", "consensus", "examples", "evaluations"),
)
RUNS, LOCKS, LOGS = "runs", "locks", "logs"
FOLDERS = (*STAGES, RUNS, LOCKS, "adapters", "review", "report", LOGS)
"""All that verbs write into a set; beside them may lie what is the user's own."""
_RUN = re.compile(r".+-\d{8}T[\d.]+Z\.json")
_ROWS = re.compile(r".+\.parquet|CURRENT")


def is_set(root: str, names_in: Callable[[str], Sequence[str]]) -> bool:
    """Whether a folder is a set; ``names_in`` lists a folder, and gives nothing for none.

    Folders called ``runs`` or ``images`` are not enough: photos may lie in such ones.
    """
    names = set(names_in(root))
    if RUNS in names and any(map(_RUN.fullmatch, names_in(f"{root}/{RUNS}"))):
        return True
    return any(_has_rows(f"{root}/{name}", names_in) for name in STAGES if name in names)


def is_set_folder(folder: str | os.PathLike[str]) -> bool:
    """Whether a local folder is a set."""
    return is_set(os.fspath(folder), _names_in)


def _has_rows(stage: str, names_in: Callable[[str], Sequence[str]]) -> bool:
    names = names_in(stage)
    if any(map(_ROWS.fullmatch, names)):
        return True
    keys = (name for name in names if "." not in name)
    return any(any(map(_ROWS.fullmatch, names_in(f"{stage}/{key}"))) for key in keys)


def _names_in(folder: str) -> Sequence[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names alone
    except OSError:
        return []
