"""Where encoders run, and in what numbers."""

import time
from functools import lru_cache

import torch

from clustering.settings import Dtype

_TURNS = 10
"""The first chooses the kernels and does not count; the least of the others does."""


def best_device() -> torch.device:
    """The first CUDA device, else the CPU with one thread: each worker process is one."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    torch.set_num_threads(1)
    return torch.device("cpu")


def number_type(dtype: Dtype, device: torch.device) -> torch.dtype:
    """What weights are kept and multiplied in; ``auto`` is bfloat16 where that is the faster."""
    if dtype == "auto":
        dtype = "bf16" if is_bfloat16_faster(device) else "fp32"
    return torch.bfloat16 if dtype == "bf16" else torch.float32


def has_bfloat16_units(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware: AMX or AVX-512 BF16, or such a GPU."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return has_x86_bfloat16() or bool(_cpu_capabilities().get("bf16"))


def has_x86_bfloat16() -> bool:
    """Whether the CPU has AMX or AVX-512 BF16, for which oneDNN has bfloat16 layouts."""
    return any(bool(_cpu_capabilities().get(name)) for name in ("amx_bf16", "avx512_bf16"))


def _cpu_capabilities() -> dict[str, object]:
    ask = getattr(torch.cpu, "get_capabilities", None)  # not in every torch that we allow
    return ask() if ask else {}


@lru_cache
def is_bfloat16_faster(device: torch.device) -> bool:
    """Whether a product of bfloat16 takes less time than one of float32.

    On a CPU both are timed in turns, which takes a tenth of a second. Without units bfloat16 is
    emulated; but units alone are no promise: AVX-512 BF16 was seen at twice the pace of float32 on
    one kind of CPU and at half of it on another.
    """
    if device.type != "cpu" or not has_bfloat16_units(device):
        return has_bfloat16_units(device)
    kinds = (torch.bfloat16, torch.float32)
    turns = [[_seconds(kind) for kind in kinds] for _ in range(_TURNS)]
    half, whole = (min(seconds) for seconds in zip(*turns[1:], strict=True))
    return bool(half < whole)


def _seconds(kind: torch.dtype, rows: int = 256, columns: int = 1024, inner: int = 512) -> float:
    """Of one product."""
    left, right = torch.ones(rows, inner, dtype=kind), torch.ones(columns, inner, dtype=kind)
    start = time.perf_counter()
    torch.mm(left, right.T)
    return time.perf_counter() - start
