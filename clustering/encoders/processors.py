"""What the image processors of transformers say of a model, and do with an image."""

from typing import TYPE_CHECKING, Any

from clustering.encoders.protocol import Prepared

if TYPE_CHECKING:
    from PIL.Image import Image


def least_side(processor: Any) -> int:
    """Pixels that the shorter side of an image is resized to, whichever way the processor says."""
    told = (getattr(processor, name, None) or {} for name in ("size", "crop_size"))
    return max(int(side or 0) for sizes in told for side in dict(sizes).values())


def prepared(processor: Any, image: "Image") -> Prepared:
    """One image through the model's own transform."""
    return (processor(images=image, return_tensors="pt")["pixel_values"][0],)
