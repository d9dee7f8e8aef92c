"""open_clip's transform of an image, resampled by torch in a fraction of Pillow's time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from pairset.formats.jpegs import Pixels


@dataclass(frozen=True, slots=True)
class Transform:
    """An image resized and cut to a square, and what is taken off its colours."""

    side: int
    resampling: str
    squash: bool
    """Whether sides are resized apart, instead of the shorter one with the middle cut out."""
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def pixels(self, image: Pixels) -> torch.Tensor:
        """3 × side × side of uint8, within two levels of what Pillow makes for open_clip."""
        whole = torch.from_numpy(image).permute(2, 0, 1)[None]
        height, width = self._resized(*image.shape[:2])
        resized = torch.nn.functional.interpolate(
            whole, size=(height, width), mode=self.resampling, antialias=True
        )
        top, left = round((height - self.side) / 2), round((width - self.side) / 2)
        return resized[0, :, top : top + self.side, left : left + self.side].contiguous()

    def normalised(self, pixels: torch.Tensor) -> torch.Tensor:
        """Images × 3 × side × side of float32, as a model takes them."""
        mean, std = (_of_channels(each, pixels.device) for each in (self.mean, self.std))
        return pixels.float().div_(255).sub_(mean).div_(std)

    def _resized(self, height: int, width: int) -> tuple[int, int]:
        if self.squash:
            return self.side, self.side
        if width <= height:
            return int(self.side * height / width), self.side
        return self.side, int(self.side * width / height)


def transform_of(told: Mapping[str, Any]) -> Transform | None:
    """What open_clip tells of a model's transform; None where it is of a kind we leave to it."""
    size = told["size"]
    sides = set(size) if isinstance(size, tuple | list) else {size}
    squash = told["resize_mode"] == "squash"
    if len(sides) > 1 or not (squash or told["resize_mode"] == "shortest"):
        return None
    resampling = "bilinear" if told["interpolation"] == "bilinear" else "bicubic"
    return Transform(sides.pop(), resampling, squash, tuple(told["mean"]), tuple(told["std"]))


def _of_channels(values: Sequence[float], device: torch.device) -> torch.Tensor:
    return torch.tensor(values, device=device)[:, None, None]
