"""Colours as a screen shows them: an embedded colour profile is applied, so that all are sRGB."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pairset.formats.depths import by_strips, scaling_of

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageCms import ImageCmsProfile, ImageCmsTransform

PROFILE_LIMIT_BYTES = 4 << 20
"""A larger colour profile is not looked at."""

_SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK", "LAB": "Lab "}
"""What a profile says it describes, by the mode of the pixels."""
_SAME_LEVELS = 2
"""Levels of 255 by which the sRGB profiles in use differ among each other."""
_STEPS = 9
"""Colours along each side of the cube on which a profile is compared with sRGB."""


def profile_of(image: "PillowImage") -> bytes | None:
    """Its embedded colour profile; None without one, or with one of a size that none has."""
    profile = image.info.get("icc_profile")
    is_usable = isinstance(profile, bytes) and 128 <= len(profile) <= PROFILE_LIMIT_BYTES
    return profile if is_usable else None


def shows_srgb(image: "PillowImage") -> bool:
    """Whether its numbers are what a screen shows."""
    profile = profile_of(image)
    return profile is None or transform_of(profile, image.mode) is None


@lru_cache(maxsize=32)
def transform_of(profile: bytes, mode: str) -> "ImageCmsTransform | None":
    """What turns pixels of this mode and profile into sRGB.

    None where they are sRGB already, and where the profile is broken or describes others.
    """
    from PIL import ImageCms

    try:
        theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if theirs.profile.xcolor_space != _SPACES.get(mode):
            return None
        intent = ImageCms.Intent(theirs.profile.rendering_intent)
        transform = ImageCms.buildTransform(theirs, _screen(), mode, "RGB", intent)
        return None if _changes_nothing(transform, mode) else transform
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=1)
def lab_transform() -> "ImageCmsTransform":
    """What turns L*a*b* into sRGB."""
    from PIL import ImageCms

    lab = ImageCms.createProfile("LAB")
    return ImageCms.buildTransform(lab, _screen(), "LAB", "RGB")


@lru_cache(maxsize=1)
def _screen() -> "ImageCmsProfile":
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _changes_nothing(transform: "ImageCmsTransform", mode: str) -> bool:
    """Whether the colours of a small cube stay what they are, but for rounding."""
    from PIL import Image

    if mode not in ("RGB", "L"):
        return False
    levels = np.linspace(0, 255, _STEPS).astype(np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(_STEPS, -1, 3)
    colors = Image.fromarray(cube if mode == "RGB" else cube[..., 0])
    there = applied(transform, colors)
    before, after = (np.asarray(each.convert("RGB"), dtype=np.int16) for each in (colors, there))
    return bool(np.abs(before - after).max() <= _SAME_LEVELS)


def applied(transform: "ImageCmsTransform", image: "PillowImage") -> "PillowImage":
    """RGB of a strip in the mode that the transform was made for."""
    from PIL import ImageCms

    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("the colours were changed in place")
    return converted


def to_rgb(image: "PillowImage") -> "PillowImage":
    """An image of any mode as a screen shows it on white, in RGB."""
    if image.mode == "RGB" and not image.has_transparency_data and shows_srgb(image):
        return image
    profile = profile_of(image)
    to_8_bits = scaling_of(image) if image.mode.startswith(("I", "F")) else None

    def shown(strip: "PillowImage") -> "PillowImage":
        return _shown(to_8_bits(strip) if to_8_bits else strip, profile)

    return by_strips(image, shown)


def _shown(strip: "PillowImage", profile: bytes | None) -> "PillowImage":
    from PIL import Image

    alpha = strip.convert("RGBA").getchannel("A") if strip.has_transparency_data else None
    if strip.mode not in _SPACES:
        strip = strip.convert("L" if strip.mode in ("1", "LA", "La") else "RGB")
    transform = lab_transform() if strip.mode == "LAB" else None
    if profile is not None and transform is None:
        transform = transform_of(profile, strip.mode)
    rgb = applied(transform, strip) if transform else strip.convert("RGB")
    if alpha is None:
        return rgb
    rgb = rgb.convert("RGBA")
    rgb.putalpha(alpha)
    return Image.alpha_composite(Image.new("RGBA", rgb.size, "white"), rgb).convert("RGB")
