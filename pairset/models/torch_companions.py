"""Let packages linked against CUDA live beside a CPU build of torch.

PyPI's torchvision, torchaudio and torchcodec are linked against CUDA. Beside a CPU torch, the
import of torchvision stops at two missing operators, and that of the other two fails, which takes
transformers down with it. Declaring the operators is enough for everything we use of torchvision
(image transforms); we use nothing of the other two, so they are hidden.
"""

import importlib
import importlib.metadata
import sys
from functools import cache
from typing import Any


def fit_torch_companions() -> None:
    """Make transformers, open_clip and vLLM importable beside a CPU build of torch.

    Call in every process before the first import of one of them; does nothing where torch is a
    CUDA build, or where the installed companions fit it.
    """
    import torch

    if torch.version.cuda is not None:
        return
    if _linked_against_cuda("torchvision"):
        _declare_operators()
    for name in ("torchaudio", "torchcodec"):
        if _linked_against_cuda(name) and name not in sys.modules:
            _hide_if_broken(name)


def _linked_against_cuda(package: str) -> bool:
    try:
        return "+cpu" not in importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False


def _declare_operators() -> None:
    import torch

    signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            _fragment().define(operator + signature)


@cache
def _fragment() -> Any:
    """Kept for the life of the process: what it declares goes when it is collected."""
    import torch

    return torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]


def _hide_if_broken(package: str) -> None:
    try:
        importlib.import_module(package)
    except (OSError, RuntimeError):
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]
        # None makes find_spec answer "not installed", which is how transformers asks.
        sys.modules[package] = None  # type: ignore[assignment]
        _let_transformers_ask_again(package)


def _let_transformers_ask_again(package: str) -> None:
    """Forget its answer: xgrammar, for one, imports transformers before we are called."""
    asked = sys.modules.get("transformers.utils.import_utils")
    answer = getattr(asked, f"is_{package}_available", None)
    if answer is not None:
        answer.cache_clear()
