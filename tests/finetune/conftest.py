"""Made-up photos, and the untrained model that several tests look at."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from PIL import Image

if find_spec("torch") is None or find_spec("transformers") is None:
    collect_ignore = [
        "test_evaluation.py",
        "test_forward.py",
        "test_labels.py",
        "test_shipped_weights.py",
        "test_tokenizer.py",
        "test_training.py",
    ]

Photograph = Callable[[int, int], Image.Image]


@pytest.fixture(scope="session")
def photograph() -> Photograph:
    """A made-up photo by seed and side: soft coloured patches under fine grain."""

    def take(seed: int, side: int) -> Image.Image:
        rng = np.random.default_rng(seed)
        patches = rng.integers(30, 225, (7, 7, 3), dtype=np.uint8)
        soft = Image.fromarray(patches).resize((side, side), Image.Resampling.BICUBIC)
        levels = rng.normal(128, 40, (96, 96)).clip(0, 255).astype(np.uint8)
        grain = Image.fromarray(levels).resize((side, side), Image.Resampling.BICUBIC)
        return Image.blend(soft, grain.convert("RGB"), 0.35)

    return take


@pytest.fixture(scope="session")
def processor() -> Any:
    from finetune.starter.network.model import build_processor
    from finetune.starter.network.tokenizer import build_tokenizer

    return build_processor(build_tokenizer())
