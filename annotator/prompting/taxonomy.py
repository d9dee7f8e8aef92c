"""What each edit type means, in words for the prompt, and what UltraEdit and ACE call it."""

from dataclasses import dataclass
from enum import StrEnum

from pairset.records.edit_types import EditType


class UltraEditType(StrEnum):
    """The nine edit types of UltraEdit (Zhao et al. 2024), as its papers and data name them."""

    ADD = "Add"
    CHANGE_GLOBAL = "Change Global"
    CHANGE_LOCAL = "Change Local"
    CHANGE_COLOR = "Change Color"
    TRANSFORM_GLOBAL = "Transform Global"
    TRANSFORM_LOCAL = "Transform Local"
    REPLACE = "Replace"
    TURN = "Turn"
    OTHERS = "Others"


class AceFamily(StrEnum):
    """The eight task families of ACE (Han et al. 2024)."""

    GENERATION = "text-guided generation"
    LOW_LEVEL = "low-level analysis"
    CONTROLLABLE = "controllable generation"
    SEMANTIC = "semantic editing"
    ELEMENT = "element editing"
    REPAINTING = "repainting"
    LAYER = "layer editing"
    REFERENCE = "reference generation"


@dataclass(frozen=True, slots=True)
class Definition:
    """What an edit type means, and where other collections would file it."""

    en: str
    zh: str
    ultraedit: UltraEditType
    ace: AceFamily


_U, _A = UltraEditType, AceFamily

DEFINITIONS: dict[EditType, Definition] = {
    EditType.ADD: Definition(
        "a new object or person appears", "新增物体或人物", _U.ADD, _A.ELEMENT
    ),
    EditType.REMOVE: Definition(
        "an object or person disappears", "移除物体或人物", _U.OTHERS, _A.ELEMENT
    ),
    EditType.REPLACE: Definition(
        "an object becomes another kind of object", "把物体换成另一种物体", _U.REPLACE, _A.ELEMENT
    ),
    EditType.MOVE: Definition(
        "the same object is at another place", "同一物体换了位置", _U.TRANSFORM_LOCAL, _A.ELEMENT
    ),
    EditType.RESIZE: Definition(
        "the same object is larger or smaller", "同一物体变大或变小", _U.TRANSFORM_LOCAL, _A.ELEMENT
    ),
    EditType.RECOLOR: Definition(
        "an object has another colour", "物体颜色改变", _U.CHANGE_COLOR, _A.SEMANTIC
    ),
    EditType.MATERIAL: Definition(
        "an object has another material or texture",
        "物体材质或纹理改变",
        _U.CHANGE_LOCAL,
        _A.SEMANTIC,
    ),
    EditType.TEXT: Definition(
        "written text is added, removed or changed",
        "文字被添加、移除或修改",
        _U.CHANGE_LOCAL,
        _A.ELEMENT,
    ),
    EditType.POSE: Definition(
        "a person or animal holds another pose or makes another gesture",
        "人或动物的姿势或动作改变",
        _U.TRANSFORM_LOCAL,
        _A.SEMANTIC,
    ),
    EditType.EXPRESSION: Definition(
        "a face has another expression", "面部表情改变", _U.CHANGE_LOCAL, _A.SEMANTIC
    ),
    EditType.BACKGROUND: Definition(
        "what is behind the subject changes", "背景改变", _U.CHANGE_GLOBAL, _A.LAYER
    ),
    EditType.LIGHTING: Definition(
        "light, shadows or time of day change",
        "光线、阴影或时间改变",
        _U.CHANGE_GLOBAL,
        _A.SEMANTIC,
    ),
    EditType.WEATHER: Definition(
        "weather or season changes", "天气或季节改变", _U.CHANGE_GLOBAL, _A.SEMANTIC
    ),
    EditType.STYLE: Definition(
        "the whole image is in another artistic style", "整体艺术风格改变", _U.TURN, _A.SEMANTIC
    ),
    EditType.BRIGHTNESS: Definition(
        "the whole image is brighter or darker", "整体变亮或变暗", _U.CHANGE_GLOBAL, _A.LOW_LEVEL
    ),
    EditType.CONTRAST: Definition(
        "the whole image has more or less contrast",
        "整体对比度提高或降低",
        _U.CHANGE_GLOBAL,
        _A.LOW_LEVEL,
    ),
    EditType.SATURATION: Definition(
        "the colours are stronger or weaker", "颜色更鲜艳或更淡", _U.CHANGE_GLOBAL, _A.LOW_LEVEL
    ),
    EditType.MONOCHROME: Definition(
        "colour becomes black and white or sepia, or comes back",
        "变为黑白或棕褐色，或恢复彩色",
        _U.CHANGE_COLOR,
        _A.LOW_LEVEL,
    ),
    EditType.COLOR_CAST: Definition(
        "the whole image is tinted, warmer or cooler",
        "整体偏色，变暖或变冷",
        _U.CHANGE_COLOR,
        _A.LOW_LEVEL,
    ),
    EditType.SHARPNESS: Definition(
        "the image is blurred or sharpened", "图像变模糊或变清晰", _U.CHANGE_GLOBAL, _A.LOW_LEVEL
    ),
    EditType.PIXELATE: Definition(
        "the image becomes blocks or mosaic, or loses them",
        "变为马赛克，或去除马赛克",
        _U.CHANGE_GLOBAL,
        _A.LOW_LEVEL,
    ),
    EditType.ZOOM: Definition(
        "the image is cropped, zoomed in or zoomed out",
        "裁剪、放大或缩小画面",
        _U.TRANSFORM_GLOBAL,
        _A.REPAINTING,
    ),
    EditType.ROTATE: Definition(
        "the whole image is rotated or mirrored",
        "整个画面旋转或镜像",
        _U.TRANSFORM_GLOBAL,
        _A.SEMANTIC,
    ),
    EditType.VIEWPOINT: Definition(
        "the same scene is seen from another camera position or moment",
        "同一场景换了机位或时刻",
        _U.TRANSFORM_GLOBAL,
        _A.REFERENCE,
    ),
    EditType.FRAME: Definition(
        "a border or frame round the image is added or removed",
        "添加或去除边框",
        _U.ADD,
        _A.REPAINTING,
    ),
    EditType.COMPOSITE: Definition(
        "several unrelated edits at once", "同时有多种不相关的编辑", _U.OTHERS, _A.SEMANTIC
    ),
    EditType.OTHER: Definition("none of these fits", "以上都不合适", _U.OTHERS, _A.SEMANTIC),
    EditType.NONE: Definition("nothing changes", "没有变化", _U.OTHERS, _A.SEMANTIC),
}
"""Every edit type. ``text-guided`` and ``controllable generation`` have no two-photo edits."""
