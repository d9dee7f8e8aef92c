"""The two images of a pair as a model gets to see them."""

import math
from typing import TYPE_CHECKING

from annotator.engines.protocol import Question
from annotator.tasks import Task
from pairset.images import ImageError, open_image

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


def load_question(task: Task, max_pixels: int) -> Question | ImageError:
    """Open both images of a pair; what is wrong with one of them is returned, not raised."""
    try:
        return Question(*load_images(task.source_uri, task.target_uri, max_pixels))
    except ImageError as error:
        return error


def load_images(
    source_uri: str, target_uri: str, max_pixels: int
) -> "tuple[PillowImage, PillowImage]":
    """Both images of a pair as a model sees them. Raises ImageError."""
    source, target = open_image(source_uri), open_image(target_uri)
    return bounded(source, max_pixels), bounded(target, max_pixels)


def bounded(image: "PillowImage", max_pixels: int) -> "PillowImage":
    """The image with at most so many pixels, its proportions kept."""
    from PIL import Image

    width, height = image.size
    if width * height <= max_pixels:
        return image
    scale = math.sqrt(max_pixels / (width * height))
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC)
