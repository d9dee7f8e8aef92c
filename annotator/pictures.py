"""The two images of a pair as a model gets to see them."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from annotator.engines.protocol import Question
from annotator.prompting.prompt import Exemplar, Picture
from annotator.tasks import Task
from pairset.decoding import ImageError, ImageErrorCode, decode
from pairset.plain_files import plain_file
from pairset.records import Example
from pairset.records.image import image_id_of
from pairset.records.pair import pair_id_of
from pairset.rows.places import PlacedImage

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


_READERS = 4
"""Threads that open images."""


def load_questions(
    tasks: Sequence[Task], max_pixels: int, as_files: bool = False
) -> list[Question | ImageError]:
    """Open the images of some pairs and, each once, of the exemplars shown before them.

    What is wrong with an image is returned in the place of the question, not raised. ``as_files``:
    files that can be sent as they are stay what they are.
    """
    shown = {example.example_id: example for task in tasks for example in task.exemplars}
    placed = {uri: image for task in tasks for uri, image in task.exemplar_images.items()}
    open_one = partial(_sendable if as_files else _opened, max_pixels=max_pixels)

    def load(task: Task) -> Question | ImageError:
        try:
            exemplars = [_found(opened[example.example_id]) for example in task.exemplars]
            source, target = open_one(task.source), open_one(task.target)
        except ImageError as error:
            return error
        return Question(source, target, tuple(exemplars))

    def open_exemplar(example: Example) -> Exemplar | ImageError:
        try:
            return load_exemplar(example, max_pixels, placed)
        except ImageError as error:
            return error

    with ThreadPoolExecutor(_READERS) as readers:
        opened = dict(zip(shown, readers.map(open_exemplar, shown.values()), strict=True))
        return list(readers.map(load, tasks))


def load_exemplar(example: Example, max_pixels: int, placed: Mapping[str, PlacedImage]) -> Exemplar:
    """A reviewed pair as it is shown. Raises ImageError naming the example."""
    try:
        images = load_example_images(example, max_pixels, placed)
    except ImageError as error:
        raise ImageError(error.code, f"exemplar {example.example_id}: {error}") from error
    return Exemplar(*images, str(example.reply))


def _found(exemplar: Exemplar | ImageError) -> Exemplar:
    if isinstance(exemplar, ImageError):
        raise exemplar
    return exemplar


def load_example_images(
    example: Example, max_pixels: int, placed: Mapping[str, PlacedImage]
) -> "tuple[PillowImage, PillowImage]":
    """Both images of an example as a model sees them. Raises ImageError."""
    source, target = read_example(example, placed)
    return bounded(decode(source).pixels, max_pixels), bounded(decode(target).pixels, max_pixels)


def read_example(example: Example, placed: Mapping[str, PlacedImage]) -> tuple[bytes, bytes]:
    """The encoded images of an example. Raises ImageError.

    placed: what ``placed_examples`` found, where else the images may lie.

    An example knows its images by the pair alone, whose id is made of theirs.
    """
    named = (str(uri) for uri in (example.source_uri, example.target_uri))
    source, target = ((placed.get(uri) or PlacedImage(None, (uri,))).read() for uri in named)
    if pair_id_of(image_id_of(source), image_id_of(target)) != example.pair_id:
        places = f"{example.source_uri} or {example.target_uri}"
        message = f"{places}: the file was replaced since it was mined; mine again"
        raise ImageError(ImageErrorCode.CHANGED, message)
    return source, target


def _opened(image: PlacedImage, max_pixels: int) -> "PillowImage":
    return bounded(image.open(), max_pixels)


def _sendable(image: PlacedImage, max_pixels: int) -> Picture:
    encoded = image.read()
    return plain_file(encoded, max_pixels) or bounded(decode(encoded).pixels, max_pixels)


def bounded(image: "PillowImage", max_pixels: int) -> "PillowImage":
    """The image with at most so many pixels, its proportions kept."""
    from PIL import Image

    width, height = image.size
    if width * height <= max_pixels:
        return image
    scale = math.sqrt(max_pixels / (width * height))
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    return image.resize(size, Image.Resampling.BICUBIC)
