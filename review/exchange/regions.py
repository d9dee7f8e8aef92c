"""Values of single controls in a ``result`` of Label Studio. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from review.form import names
from review.form.brush import painted
from review.label_studio.incoming import written

Region = Mapping[str, object]

_STARS = range(1, 6)
_LONGEST_SIDE = 1e6
"""Pixels, or per cent: a longer one belongs to no picture."""
_SAME_PIXELS = 0.5
"""The page rounds percents: a box that moved less was not moved by a person."""


def text_of(regions: Sequence[Region], control: str) -> str | None:
    """The text in a text area; None where it is empty or not there."""
    for value in _values(regions, control):
        text = value.get("text")
        lines = text if isinstance(text, list) else [text]
        joined = "\n".join(written(line).strip() for line in _texts(lines)).strip()
        if joined:
            return joined
    return None


def choices_of(regions: Sequence[Region], control: str) -> list[str]:
    """What is ticked, in the page's order."""
    ticked = (value.get("choices") for value in _values(regions, control))
    every = [written(each) for choices in ticked for each in _texts(choices)]
    return list(dict.fromkeys(every))


def _texts(values: object) -> list[str]:
    """What of a list is text; nothing of what is no list."""
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


def rating_of(regions: Sequence[Region], control: str) -> int | None:
    """Stars given; None where none were."""
    for value in _values(regions, control):
        stars = value.get("rating")
        if isinstance(stars, int | float) and not isinstance(stars, bool) and stars in _STARS:
            return int(stars)
    return None


def box_of(regions: Sequence[Region]) -> list[float] | None:
    """Box round every rectangle drawn on the target: left, top, right, bottom in its pixels."""
    found = (
        _pixels(region)
        for region in _regions(regions)
        if region.get("from_name") == names.CHANGE_BOX
    )
    boxes = [box for box in found if box]
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return [min(lefts), min(tops), max(rights), max(bottoms)]


_SIDES = ("x", "y", "width", "height")
"""What a rectangle has in per cent, and the polygon of an edited page has not."""


def _pixels(region: Region) -> tuple[float, float, float, float] | None:
    """A rectangle in pixels, cut off at the picture's edges; None where nothing of it is inside."""
    value = region.get("value")
    sides = [_number(value.get(side)) for side in _SIDES] if isinstance(value, dict) else [None]
    if None in sides:
        return None
    left, top, width, height = (float(side or 0) for side in sides)
    right, bottom = (min(max(0.0, side), 100.0) for side in (left + width, top + height))
    left, top = (min(max(0.0, side), 100.0) for side in (left, top))
    if right <= left or bottom <= top:
        return None
    across, down = (_number(region.get(f"original_{side}")) or 100 for side in ("width", "height"))
    return left * across / 100, top * down / 100, right * across / 100, bottom * down / 100


def _number(value: object) -> float | None:
    """A number that a picture has room for."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < _LONGEST_SIDE else None


def differ(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    """Whether two boxes are not the same to a person."""
    if one is None or other is None:
        return one is not other
    return any(abs(a - b) > _SAME_PIXELS for a, b in zip(one, other, strict=True))


def mask_of(regions: Sequence[Region]) -> list[bytes]:
    """Everything painted, pixel by pixel: the page packs anew even what nobody touched."""
    packed = [value.get("rle") for value in _values(regions, names.CHANGE_MASK)]
    return [_unpacked(rle) for rle in packed if isinstance(rle, list) and rle]


def _unpacked(rle: Sequence[int]) -> bytes:
    """Pixels of a mask; one that cannot be read is the same as itself only."""
    try:
        return painted(rle).tobytes()
    except (ValueError, TypeError):
        return repr(rle).encode()


def _values(regions: Sequence[Region], control: str) -> Iterator[Mapping[str, object]]:
    for region in _regions(regions):
        value = region.get("value")
        if region.get("from_name") == control and isinstance(value, dict):
            yield value


def _regions(regions: Sequence[Region]) -> Iterator[Region]:
    """What of a result is a region."""
    return (region for region in regions if isinstance(region, dict))
