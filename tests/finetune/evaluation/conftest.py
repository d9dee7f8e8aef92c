"""A reviewed set, half of whose scenes are held out."""

import shutil
from pathlib import Path

import pytest

from finetune.examples.make import make_examples
from finetune.examples.split import SplitRule
from pairset.records import Example
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import make_reviewed_set

RULE = SplitRule(held_out_share=0.5, seed=0)
PAIRS = 48


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> PairSet:
    """Drawn once; tests take copies."""
    return make_reviewed_set(tmp_path_factory.mktemp("drawn"), PAIRS)


@pytest.fixture
def reviewed(drawn: PairSet, tmp_path: Path) -> PairSet:
    return PairSet(shutil.copytree(drawn.url, tmp_path / "set").as_posix())


@pytest.fixture
def examples(reviewed: PairSet) -> list[Example]:
    return make_examples(reviewed, RULE, include_auto=False)
