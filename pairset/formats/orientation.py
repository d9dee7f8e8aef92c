"""How a picture is turned, and turning it upright."""

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

UPRIGHT = 1
_ORIENTATION = 0x0112
_FIRST_ON_ITS_SIDE = 5
"""From this value on, width and height change places."""
_LAST = 8
_BROKEN_NOTES = (
    *(OSError, SyntaxError, ValueError, TypeError, LookupError, RuntimeError, ArithmeticError),
    *(AttributeError, struct.error),
)
"""What Pillow raises where EXIF is damaged."""


def orientation_of(image: "PillowImage") -> int:
    """What its EXIF says, 1 to 8; upright where that is broken or missing."""
    if image.format == "JXL" and not getattr(image, "jpeg", False):
        return UPRIGHT  # its reader has turned it
    try:
        turn = image.getexif().get(_ORIENTATION, UPRIGHT)
    except _BROKEN_NOTES:
        return UPRIGHT
    return turn if isinstance(turn, int) and UPRIGHT <= turn <= _LAST else UPRIGHT


def is_on_its_side(turn: int) -> bool:
    """Whether width and height change places."""
    return turn >= _FIRST_ON_ITS_SIDE


def turned_upright(image: "PillowImage", turn: int) -> "PillowImage":
    """The picture as it is to be seen."""
    from PIL.Image import Transpose

    methods = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(methods[turn]) if turn in methods else image
