"""What the image processors of transformers say of a model, and do with an image."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Protocol

from clustering.encoders.protocol import Prepared

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image


class ImageProcessor(Protocol):
    """What is used of the image processors of transformers."""

    def __call__(
        self, *, images: "Image", return_tensors: Literal["pt"]
    ) -> "Mapping[str, torch.Tensor]": ...


def least_side(processor: ImageProcessor) -> int:
    """Pixels that the shorter side of an image is resized to, whichever way the processor says."""
    told = (getattr(processor, name, None) or {} for name in ("size", "crop_size"))
    return max(int(side or 0) for sizes in told for side in dict(sizes).values())


def prepared(processor: ImageProcessor, image: "Image") -> Prepared:
    """One image through the model's own transform."""
    return (processor(images=image, return_tensors="pt")["pixel_values"][0],)
