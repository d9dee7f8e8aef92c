"""Values of single controls in a ``result`` of Label Studio. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from review.labelling import names
from review.labelling.brush import painted

Region = Mapping[str, Any]

_SAME_PIXELS = 0.5
"""The page rounds percents: a box that moved less was not moved by a person."""


def text_of(regions: Sequence[Region], control: str) -> str | None:
    """The text in a text area; None where it is empty or not there."""
    for value in _values(regions, control):
        text = value.get("text")
        lines = [text] if isinstance(text, str) else text or []
        joined = "\n".join(line.strip() for line in lines).strip()
        if joined:
            return joined
    return None


def choices_of(regions: Sequence[Region], control: str) -> list[str]:
    """What is ticked, in the page's order."""
    return [choice for value in _values(regions, control) for choice in value.get("choices", [])]


def rating_of(regions: Sequence[Region], control: str) -> int | None:
    """Stars given; None where none were."""
    for value in _values(regions, control):
        if value.get("rating"):
            return int(value["rating"])
    return None


def box_of(regions: Sequence[Region]) -> list[float] | None:
    """Box round every rectangle drawn on the target: left, top, right, bottom in its pixels."""
    boxes = [
        _pixels(region)
        for region in regions
        if region.get("from_name") == names.CHANGE_BOX and region["value"].keys() >= _SIDES
    ]
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return [min(lefts), min(tops), max(rights), max(bottoms)]


_SIDES = {"x", "y", "width", "height"}
"""What a rectangle has, and the polygon of an edited page has not."""


def _pixels(region: Region) -> tuple[float, float, float, float]:
    value = region["value"]
    width, height = (region.get(f"original_{side}") or 100 for side in ("width", "height"))
    left, top = value["x"] * width / 100, value["y"] * height / 100
    return (
        left,
        top,
        left + value["width"] * width / 100,
        top + value["height"] * height / 100,
    )


def differ(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    """Whether two boxes are not the same to a person."""
    if one is None or other is None:
        return one is not other
    return any(abs(a - b) > _SAME_PIXELS for a, b in zip(one, other, strict=True))


def mask_of(regions: Sequence[Region]) -> list[bytes]:
    """Everything painted, pixel by pixel: the page packs anew even what nobody touched."""
    packed = [value.get("rle") for value in _values(regions, names.CHANGE_MASK)]
    return [_unpacked(rle) for rle in packed if rle]


def _unpacked(rle: Sequence[int]) -> bytes:
    """Pixels of a mask; one that cannot be read is the same as itself only."""
    try:
        return painted(rle).tobytes()
    except ValueError:
        return repr(rle).encode()


def _values(regions: Sequence[Region], control: str) -> Iterator[Mapping[str, Any]]:
    for region in regions:
        if region.get("from_name") == control:
            yield region.get("value") or {}
