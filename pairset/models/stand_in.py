"""The starter: a small model that ships with the package and stands in for a real one."""

from pairset.store import PairSet

STARTER = "starter"
"""What annotations call it, with an adapter or without."""
TRUTH_FILE = "truth.json"
"""What the demo planted, in the folder of its set."""


def is_demo(pair_set: PairSet) -> bool:
    """Whether a set is the demo's: the starter was trained for its pictures."""
    return bool(pair_set.filesystem.exists(f"{pair_set.root}/{TRUTH_FILE}"))
