"""Masks as Label Studio stores brush strokes: bit-packed run lengths of RGBA bytes.

The format is that of @thi.ng/rle-pack: 32 bits with the number of bytes, 5 with the word size, four
times 4 with the sizes of run lengths; then runs of a flag, the index of a size, length - 1, value.
label-studio-sdk does the same three to eight times as slowly: two minutes for 5,000 large masks.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHANNELS = 4
_WORD_BITS = 8
_LENGTH_BITS = (8, 11, 14, 16)
_LONGEST_RUN = 2 ** _LENGTH_BITS[-1]
_MOST_BYTES = _CHANNELS * 50_000_000
"""Of a mask unpacked: one of 50 megapixels, more than reviewers are shown."""
_PAINTED = 200
"""Alpha of what is painted, and of nothing else: a thin line that must be seen."""


def brush_rle(mask: "NDArray[np.bool_]") -> list[int]:
    """The bytes of a mask of height × width, as ``value.rle`` of a brush region wants them."""
    import numpy as np

    values = mask.astype(bool).ravel()
    borders = np.flatnonzero(values[1:] != values[:-1]) + 1
    lengths = np.diff(np.concatenate(([0], borders, [values.size]))) * _CHANNELS
    bits = [_header(values.size * _CHANNELS)]
    is_set = bool(values[0])
    for length in lengths.tolist():
        bits += _runs(length, _PAINTED if is_set else 0)
        is_set = not is_set
    return _to_bytes("".join(bits))


def _header(word_count: int) -> str:
    sizes = "".join(f"{bits - 1:04b}" for bits in _LENGTH_BITS)
    return f"{word_count:032b}{_WORD_BITS - 1:05b}{sizes}"


def _runs(length: int, value: int) -> Iterator[str]:
    while length > 0:
        part = min(length, _LONGEST_RUN)
        index = next(i for i, bits in enumerate(_LENGTH_BITS) if part <= 2**bits)
        yield f"1{index:02b}{part - 1:0{_LENGTH_BITS[index]}b}{value:08b}"
        length -= part


def _to_bytes(bits: str) -> list[int]:
    padded = bits + "0" * (-len(bits) % 8)
    return list(int(padded, 2).to_bytes(len(padded) // 8, "big"))


def painted(encoded: Sequence[int]) -> "NDArray[np.bool_]":
    """Which pixels a brush region covers, row by row; whoever packed it, in whatever strength.

    Raises ValueError where it is no such packing.
    """
    import numpy as np

    bits = _Bits(encoded)
    count = bits.take(32)
    if count > _MOST_BYTES:
        raise ValueError(f"a mask of {count:,} bytes is no photograph's")
    words = np.zeros(count, dtype=np.uint8)
    word_bits = bits.take(5) + 1
    length_bits = [bits.take(4) + 1 for _ in range(4)]
    place = 0
    while place < words.size:
        is_run = bits.take(1)
        end = place + bits.take(length_bits[bits.take(2)]) + 1
        words[place:end] = (
            bits.take(word_bits) if is_run else [bits.take(word_bits) for _ in range(place, end)]
        )
        place = end
    alpha = words[_CHANNELS - 1 :: _CHANNELS]
    return np.asarray(alpha > 0)


class _Bits:
    """Packed bytes, read a few bits at a time."""

    def __init__(self, encoded: Sequence[int]) -> None:
        self._text = "".join(f"{byte:08b}" for byte in encoded)
        self._place = 0

    def take(self, count: int) -> int:
        self._place += count
        return int(self._text[self._place - count : self._place], 2)
