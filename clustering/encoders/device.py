"""Where encoders run."""

import torch


def best_device() -> torch.device:
    """The first CUDA device, else the CPU with one thread: each worker process is one."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    torch.set_num_threads(1)
    return torch.device("cpu")
