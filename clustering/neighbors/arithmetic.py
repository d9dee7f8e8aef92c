"""What the blocked join multiplies with, and how far its products can be off."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from clustering.encoders import Vectors

if TYPE_CHECKING:
    import torch

_FP32_STEP = 2.0**-23
"""Between 1 and the next number; a sum of products that truncates errs by as much per step."""
_NORM_SLACK = 1.0001
"""More than a norm measured in fp32 is off."""
_HELD_BYTES = 3 << 29
"""Vectors up to this size are kept in the product's own type, larger ones converted by block."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Where the product runs, and in which type of torch: ``bfloat16`` or ``float32``."""

    device: str
    kind: str


@lru_cache(maxsize=1)
def fastest_arithmetic() -> Arithmetic:
    """bfloat16 where this machine multiplies it faster than float32."""
    import torch

    from clustering.encoders.device import is_bfloat16_faster

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Arithmetic(device.type, "bfloat16" if is_bfloat16_faster(device) else "float32")


@contextmanager
def full_sums(threads: int) -> Iterator[None]:
    """So many threads, and sums in fp32: on CUDA torch may add in less unless told not to."""
    import torch

    matmul = torch.backends.cuda.matmul
    before = (
        torch.get_num_threads(),
        matmul.allow_bf16_reduced_precision_reduction,
        matmul.allow_tf32,
    )
    torch.set_num_threads(threads)
    matmul.allow_bf16_reduced_precision_reduction = matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        matmul.allow_bf16_reduced_precision_reduction, matmul.allow_tf32 = before[1:]


class Operand:
    """Vectors as the product takes them, padded with zeros to whole groups of rows.

    The rows may be an ``np.memmap`` of float16 or float32: they are read by block.
    """

    def __init__(self, vectors: Vectors, arithmetic: Arithmetic, group: int) -> None:
        import torch

        self._vectors = np.asarray(vectors)  # a map's own way to its rows is slower
        self._device = torch.device(arithmetic.device)
        self.kind: torch.dtype = getattr(torch, arithmetic.kind)
        self._rows = -(-len(vectors) // group) * group
        self._error: float = 0.0
        self._length: float = 0.0
        held = self._rows * vectors.shape[1] * self.kind.itemsize <= _HELD_BYTES
        self._held = self._empty(self._rows) if held else None
        self._measure_and_hold()

    def margin(self) -> float:
        """How far any product of two rows can lie from the true one.

        With x' = x + e the operand as rounded, x'·y' − x·y = e·y' + x·f, which is at most
        |e||y'| + |x||f| (Cauchy-Schwarz); |e| is measured, at most 2^-8 |x| for bfloat16. Adding
        up d products of fp32 in any order errs by at most 2 d 2^-23 |x'||y'| more.
        """
        rounded = self._length + self._error
        summed = 2 * int(self._vectors.shape[1]) * _FP32_STEP * rounded * rounded
        return self._error * (self._length + rounded) + summed

    def levels(self, reach: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> "torch.Tensor":
        """Below this no product of a row can mean a similarity within its reach.

        Rounded down, so that no rounding of the product can slip below it: rounding keeps order.
        Levels have the product's type, or of bfloat16, where all are positive, the integers of the
        same bits: these have the same order, any negative product lies below them (IEEE 754), and
        a CPU compares them three times as fast. So look at the product as the type of its levels.
        """
        import torch

        exact = torch.from_numpy(reach).double() - self.margin()
        level = exact.to(self.kind)
        below = torch.nextafter(level, torch.full_like(level, -torch.inf))
        level = torch.where(level.double() > exact, below, level)
        padding = torch.full((self._rows - len(reach),), torch.inf, dtype=self.kind)
        levels = torch.cat([level, padding]).to(self._device)
        as_bits = self.kind == torch.bfloat16 and bool((levels > 0).all())
        return levels.view(torch.int16) if as_bits else levels

    def block(self, start: int, stop: int) -> "torch.Tensor":
        """Some rows in the product's type."""
        if self._held is not None:
            return self._held[start:stop]
        return self._converted(start, stop)

    def gathered(self, rows: "torch.Tensor") -> "torch.Tensor":
        """Rows by their numbers in the product's type."""
        return self.taken(rows).to(self.kind) if self._held is None else self._held[rows]

    def exact(self, start: int, stop: int) -> "torch.Tensor":
        """Some rows in fp32."""
        return self._tensor(self._vectors[start:stop])

    def taken(self, rows: "torch.Tensor") -> "torch.Tensor":
        """Rows by their numbers in fp32."""
        return self._tensor(self._vectors[rows.cpu().numpy()])

    def _tensor(self, rows: Vectors) -> "torch.Tensor":
        import torch

        return torch.from_numpy(np.asarray(rows, dtype=np.float32)).to(self._device)

    def _empty(self, rows: int) -> "torch.Tensor":
        import torch

        return torch.empty(rows, self._vectors.shape[1], dtype=self.kind, device=self._device)

    def _converted(self, start: int, stop: int) -> "torch.Tensor":
        block = self._empty(stop - start)
        rows = self.exact(start, stop)
        block[: len(rows)] = rows
        block[len(rows) :] = 0
        return block

    def _measure_and_hold(self, rows: int = 4096) -> None:
        for start in range(0, self._rows, rows):
            block = self._converted(start, min(start + rows, self._rows))
            exact = self.exact(start, start + rows)
            error = (block[: len(exact)].float() - exact).norm(dim=1).max()
            self._error = max(self._error, float(error) * _NORM_SLACK)
            self._length = max(self._length, float(exact.norm(dim=1).max()) * _NORM_SLACK)
            if self._held is not None:
                self._held[start : start + rows] = block
