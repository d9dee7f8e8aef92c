"""The words of planted edits, in English and Chinese: colours, shapes, places and sentences."""

from dataclasses import dataclass

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One text in both languages of a reply."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Colour:
    """A named paint; `name.zh` carries the suffix for colour so that it can stand before a noun."""

    name: Bilingual
    rgb: Rgb


RED = Colour(Bilingual("red", "红色"), (220, 30, 35))
GREEN = Colour(Bilingual("green", "绿色"), (35, 165, 60))
BLUE = Colour(Bilingual("blue", "蓝色"), (40, 75, 220))
YELLOW = Colour(Bilingual("yellow", "黄色"), (240, 215, 40))
PURPLE = Colour(Bilingual("purple", "紫色"), (150, 55, 180))
BLACK = Colour(Bilingual("black", "黑色"), (12, 12, 12))
WHITE = Colour(Bilingual("white", "白色"), (250, 250, 250))

STICKER_COLOURS = (RED, GREEN, BLUE, YELLOW, PURPLE, BLACK)
"""White is left out: every sticker has a white rim."""

FRAME_COLOURS = (*STICKER_COLOURS, WHITE)

SHAPES = (
    Bilingual("circle", "圆形"),
    Bilingual("square", "方形"),
    Bilingual("triangle", "三角形"),
    Bilingual("star", "星形"),
)

GRID = 3
"""Places are the cells of a GRID x GRID board, named row by row."""

PLACES = (
    Bilingual("top left", "左上角"),
    Bilingual("top", "上方"),
    Bilingual("top right", "右上角"),
    Bilingual("left", "左侧"),
    Bilingual("center", "中央"),
    Bilingual("right", "右侧"),
    Bilingual("bottom left", "左下角"),
    Bilingual("bottom", "下方"),
    Bilingual("bottom right", "右下角"),
)

NO_CHANGE = Bilingual("No change.", "没有变化。")
PLAIN_CAPTION = "A photo."


def thing(colour: Colour, shape: Bilingual) -> Bilingual:
    """Return "red circle" in both languages."""
    return Bilingual(f"{colour.name.en} {shape.en}", f"{colour.name.zh}{shape.zh}")


def add_sentence(item: Bilingual, place: Bilingual) -> Bilingual:
    """Instruct: add this item at this place."""
    return Bilingual(f"Add a {item.en} at the {place.en}.", f"在{place.zh}添加{item.zh}。")


def remove_sentence(item: Bilingual, place: Bilingual) -> Bilingual:
    """Instruct: remove this item from this place."""
    return Bilingual(f"Remove the {item.en} at the {place.en}.", f"移除{place.zh}的{item.zh}。")


def move_sentence(item: Bilingual, place: Bilingual) -> Bilingual:
    """Instruct: move this item to this place."""
    return Bilingual(f"Move the {item.en} to the {place.en}.", f"把{item.zh}移到{place.zh}。")


def recolor_sentence(item: Bilingual, colour: Colour) -> Bilingual:
    """Instruct: give this item another colour."""
    return Bilingual(
        f"Change the {item.en} to {colour.name.en}.", f"把{item.zh}改成{colour.name.zh}。"
    )


def replace_sentence(item: Bilingual, shape: Bilingual) -> Bilingual:
    """Instruct: give this item another shape."""
    return Bilingual(f"Replace the {item.en} with a {shape.en}.", f"把{item.zh}换成{shape.zh}。")


def add_frame_sentence(colour: Colour) -> Bilingual:
    """Instruct: add a frame."""
    return Bilingual(f"Add a {colour.name.en} frame.", f"加上{colour.name.zh}边框。")


def remove_frame_sentence(colour: Colour) -> Bilingual:
    """Instruct: remove the frame."""
    return Bilingual(f"Remove the {colour.name.en} frame.", f"去掉{colour.name.zh}边框。")
