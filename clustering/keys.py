"""Names of runs: the same inputs and settings give the same folder, anything else another."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pairset.records.ids import content_id

_DIGITS = 16
VERSIONS: Mapping[str, str] = MappingProxyType(
    {
        "embeddings": "2",
        "cells": "5",
        "candidates": "5",
        "measures": "6",
        "pairs": "5",
    }
)
"""By stage, raised when the same inputs and settings would give other rows."""


def run_key(stage: str, upstream: Sequence[str], settings: Mapping[str, object]) -> str:
    """Key of one run of a stage, from what it reads and the settings that matter to it."""
    chosen = (f"{name}={value!r}" for name, value in sorted(settings.items()))
    return content_id(stage, VERSIONS[stage], *upstream, "settings", *chosen)[:_DIGITS]
