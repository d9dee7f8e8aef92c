"""The scenes of the demo: squares of the colour photographs inside two PyPI wheels.

The starter model was never trained on these photographs. Scenes of one photograph do not overlap.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pairset.decoding import opened
from pairset.errors import MissingExtraError

if TYPE_CHECKING:
    from PIL.Image import Image

SCENE_SIDE = 320
"""Pixels; every scene is resized to this square."""


class Picture(Protocol):
    """What edits can be planted in."""

    @property
    def name(self) -> str: ...

    def image(self) -> "Image":
        """A square RGB image."""
        ...


@dataclass(frozen=True, slots=True)
class Scene:
    """A square of a photograph that ships in a package."""

    name: str
    package: str
    file: str
    left: int
    top: int
    side: int

    def image(self) -> "Image":
        """The square, SCENE_SIDE pixels wide. Raises MissingExtraError without its package."""
        from PIL import Image

        box = (self.left, self.top, self.left + self.side, self.top + self.side)
        with opened(photograph(self.package, self.file).read_bytes()) as photo:
            square = photo.convert("RGB").crop(box)
        return square.resize((SCENE_SIDE, SCENE_SIDE), Image.Resampling.LANCZOS)


def photograph(package: str, file: str) -> Path:
    """Path of a photograph inside an installed package, found without importing the package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise MissingExtraError(f"scikit-{package.removeprefix('sk')}", "demo")
    return Path(spec.origin).parent / file


_MOTORCYCLE = "data/motorcycle_left.png"
_CHINA = "datasets/images/china.jpg"
_FLOWER = "datasets/images/flower.jpg"

SCENES = (
    Scene("astronaut", "skimage", "data/astronaut.png", 110, 0, 230),
    Scene("shuttle", "skimage", "data/astronaut.png", 342, 0, 170),
    Scene("patch", "skimage", "data/astronaut.png", 0, 256, 256),
    Scene("helmet", "skimage", "data/astronaut.png", 256, 256, 256),
    Scene("cup", "skimage", "data/coffee.png", 170, 0, 230),
    Scene("spoon", "skimage", "data/coffee.png", 300, 232, 168),
    Scene("cat", "skimage", "data/chelsea.png", 75, 0, 300),
    Scene("tank", "skimage", _MOTORCYCLE, 0, 0, 246),
    Scene("seat", "skimage", _MOTORCYCLE, 246, 0, 246),
    Scene("shelf", "skimage", _MOTORCYCLE, 492, 0, 246),
    Scene("engine", "skimage", _MOTORCYCLE, 246, 250, 246),
    Scene("wheel", "skimage", _MOTORCYCLE, 492, 250, 246),
    Scene("galaxies", "skimage", "data/hubble_deep_field.jpg", 0, 0, 430),
    Scene("stars", "skimage", "data/hubble_deep_field.jpg", 540, 430, 430),
    Scene("retina", "skimage", "data/retina.jpg", 60, 420, 560),
    Scene("tissue", "skimage", "data/ihc.png", 0, 0, 256),
    Scene("gland", "skimage", "data/ihc.png", 256, 256, 256),
    Scene("floodlights", "skimage", "data/rocket.jpg", 0, 213, 213),
    Scene("launch", "skimage", "data/rocket.jpg", 213, 120, 300),
    Scene("pagoda", "sklearn", _CHINA, 107, 0, 213),
    Scene("lake", "sklearn", _CHINA, 0, 214, 213),
    Scene("terrace", "sklearn", _CHINA, 213, 214, 213),
    Scene("dahlia", "sklearn", _FLOWER, 190, 30, 190),
    Scene("petals", "sklearn", _FLOWER, 213, 221, 206),
)

UNRELATED = (
    ("skimage", "data/brick.png"),
    ("skimage", "data/camera.png"),
    ("skimage", "data/cell.png"),
    ("skimage", "data/clock_motion.png"),
    ("skimage", "data/coins.png"),
    ("skimage", "data/color.png"),
    ("skimage", "data/grass.png"),
    ("skimage", "data/gravel.png"),
    ("skimage", "data/logo.png"),
    ("skimage", "data/moon.png"),
    ("skimage", "data/page.png"),
    ("skimage", "data/text.png"),
)
"""Pictures that are in no planted pair: whatever is kept of them is a mistake."""
