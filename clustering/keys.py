"""Names of runs: the same inputs and settings give the same folder, anything else another."""

from collections.abc import Mapping, Sequence

from pairset.records.ids import content_id

_DIGITS = 16
_VERSION = "5"
"""Raised when the same settings would give other rows."""


def run_key(stage: str, upstream: Sequence[str], settings: Mapping[str, object]) -> str:
    """Key of one run of a stage, from what it reads and the settings that matter to it."""
    chosen = (f"{name}={value!r}" for name, value in sorted(settings.items()))
    return content_id(stage, _VERSION, *upstream, "settings", *chosen)[:_DIGITS]
