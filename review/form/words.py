"""What the page says, in English and Chinese."""

from typing import NamedTuple

from pairset.records.verdict import Decision, ErrorType, RejectReason


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
    Words(Decision.ACCEPT, "Accept", "接受", "a"),
    Words(Decision.FIX, "Fix", "修改", "f"),
    Words(Decision.REJECT, "Reject", "拒绝", "r"),
)

REJECT_REASONS = (
    Words(RejectReason.UNRELATED_PAIR, "unrelated pair", "两图无关", "1"),
    Words(RejectReason.NO_VISIBLE_EDIT, "no visible edit", "看不出改动", "2"),
    Words(RejectReason.TOO_MANY_EDITS, "too many edits", "改动太多", "3"),
    Words(RejectReason.LOW_QUALITY, "low quality", "画质差", "4"),
    Words(RejectReason.WATERMARK_OR_TEXT, "watermark or text", "水印或文字", "5"),
    Words(RejectReason.UNSAFE, "unsafe", "不安全", "6"),
)

ERROR_TYPES = (
    Words(ErrorType.WRONG_OBJECT, "wrong object", "对象错", "q"),
    Words(ErrorType.WRONG_POSITION, "left/right, position", "左右或位置错", "w"),
    Words(ErrorType.VIEWPOINT, "viewpoint", "视角", "t"),
    Words(ErrorType.WRONG_ATTRIBUTE, "wrong attribute", "属性错", "y"),
    Words(ErrorType.MISSING_CHANGE, "missing change", "漏了改动", "i"),
    Words(ErrorType.INVENTED_CHANGE, "invented change", "编造改动", "o"),
    Words(ErrorType.WRONG_LANGUAGE, "wrong language", "语言错", "p"),
    Words(ErrorType.NOT_AN_EDIT, "not an edit", "不是编辑", "k"),
)
