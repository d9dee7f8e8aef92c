"""A reviewed set of its own for each test, and the command that trains on it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import make_reviewed_set

PAIRS = 24
SIZES = ("--batch-size", "4", "--rank", "8", "--samples", "0")
QUICK = ("--model", "starter", "--learning-rate", "1e-3", *SIZES)

Train = Callable[..., int]
"""Runs ``pairset train`` in this process with further words; returns the exit code."""


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> PairSet:
    """Drawn once; tests take copies."""
    return make_reviewed_set(tmp_path_factory.mktemp("drawn"), PAIRS)


@pytest.fixture
def reviewed(drawn: PairSet, tmp_path: Path) -> PairSet:
    return PairSet(shutil.copytree(drawn.url, tmp_path / "set").as_posix())


@pytest.fixture
def train(reviewed: PairSet) -> Train:
    return lambda *words: main(["train", reviewed.url, *QUICK, *words])
