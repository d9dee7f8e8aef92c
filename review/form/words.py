"""What the page says, in English and Chinese."""

from typing import NamedTuple


class Words(NamedTuple):
    """One choice: the value that is stored, and what the reviewer reads."""

    value: str
    en: str
    zh: str
    hotkey: str | None = None

    @property
    def shown(self) -> str:
        return f"{self.en} {self.zh}"


GUIDANCE = (
    "Does the instruction turn the left image into the right one, and nothing else? "
    "A accept · F fix the words (click the pencil) · R reject · then Ctrl+Enter. "
    "Not sure? Skip it: Ctrl+Space. Box or line in the way? Ctrl+H hides and shows them.",
    "这条指令能把左图变成右图、且只改这些吗？"
    "A 接受 · F 修改文字（点铅笔） · R 拒绝，然后 Ctrl+Enter 提交。拿不准就跳过：Ctrl+Space。"
    "框线挡住画面？Ctrl+H 隐藏或显示。",
)

VERDICTS = (
    Words("accept", "Accept", "接受", "a"),
    Words("fix", "Fix", "修改", "f"),
    Words("reject", "Reject", "拒绝", "r"),
)

REJECT_REASONS = (
    Words("unrelated_pair", "unrelated pair", "两图无关", "1"),
    Words("no_visible_edit", "no visible edit", "看不出改动", "2"),
    Words("too_many_edits", "too many edits", "改动太多", "3"),
    Words("low_quality", "low quality", "画质差", "4"),
    Words("watermark_or_text", "watermark or text", "水印或文字", "5"),
    Words("unsafe", "unsafe", "不安全", "6"),
)

ERROR_TYPES = (
    Words("wrong_object", "wrong object", "对象错", "q"),
    Words("wrong_position", "left/right, position", "左右或位置错", "w"),
    Words("viewpoint", "viewpoint", "视角", "t"),
    Words("wrong_attribute", "wrong attribute", "属性错", "y"),
    Words("missing_change", "missing change", "漏了改动", "i"),
    Words("invented_change", "invented change", "编造改动", "o"),
    Words("wrong_language", "wrong language", "语言错", "p"),
    Words("not_an_edit", "not an edit", "不是编辑", "k"),
)
