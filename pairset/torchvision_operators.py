"""Let PyPI's torchvision be imported beside a CPU build of torch.

PyPI's torchvision is linked against CUDA: beside a CPU torch its import stops at two missing
operators. Declaring them first is enough for everything we use of it (image transforms).
"""

import importlib.metadata
from functools import cache
from typing import Any


def declare_torchvision_operators() -> None:
    """Declare ``torchvision::nms`` and ``qnms`` where the installed build cannot bring them.

    Call before the first import of torchvision in every process; does nothing where torchvision
    is absent or complete.
    """
    import torch

    if torch.version.cuda is not None or not _installed("torchvision"):
        return
    if "+cpu" in importlib.metadata.version("torchvision"):
        return
    signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            _fragment().define(operator + signature)


@cache
def _fragment() -> Any:
    """Kept for the life of the process: what it declares goes when it is collected."""
    import torch

    return torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
