"""Where encoders run, and in what numbers."""

import torch

from clustering.settings import Precision


def best_device() -> torch.device:
    """The first CUDA device, else the CPU with one thread: each worker process is one."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    torch.set_num_threads(1)
    return torch.device("cpu")


def number_type(precision: Precision, device: torch.device) -> torch.dtype:
    """What weights are kept and multiplied in; ``auto`` is bfloat16 where there are units for it.

    Without them a CPU emulates bfloat16, slower than float32.
    """
    if precision == "auto":
        precision = "bf16" if has_bfloat16_units(device) else "fp32"
    return torch.bfloat16 if precision == "bf16" else torch.float32


def has_bfloat16_units(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware: AMX or AVX-512 BF16, or such a GPU."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    ask = getattr(torch.cpu, "get_capabilities", None)  # not in every torch that we allow
    told = ask() if ask else {}
    return any(bool(told.get(name)) for name in ("amx_bf16", "avx512_bf16", "bf16"))
