"""``CURRENT``, the pointer of a stage: the key of the run that readers follow."""

import re

from pairset.files.damage import MissingRunError

POINTER = "CURRENT"
BEGUN = "BEGUN"
"""An empty file in a run that readers follow before its first shard: object stores know no folder
without one."""
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What names one file inside its folder and never leaves it."""


def run_named(content: bytes) -> str:
    """The key that a pointer holds. Raises ValueError where it is none."""
    key = content.decode().strip()
    if not SAFE_NAME.fullmatch(key):
        raise ValueError(f"{key[:100]!r} names no run of this stage")
    return key


def missing_run(pointer: str, run: str) -> MissingRunError:
    """What to do about a pointer whose run is gone."""
    stage, key = run.split("/")[-2:]
    return MissingRunError(
        f"{pointer} names the run {key}, and there is no {run}. Bring that folder back, or remove "
        f"{pointer}: the verb that writes {stage} makes it anew."
    )
