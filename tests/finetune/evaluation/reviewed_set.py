"""A set with verdicts: a model's words, what reviewers made of them, and an adapter that learned.

Of every eight pairs the model has four right, the adapter six. One of the adapter's replies failed.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

from pairset.records import Annotation, Example, Pair, Verdict, rows_of, table_of
from pairset.records.ids import content_id
from pairset.store import PairSet
from tests.review.drawn_set import make_annotated_set

ADAPTER, MODEL, REVIEWER = "lora-1", "drawer", "ann@example.org"
HOSTILE = '<script>alert("x")</script>'
_WORDS = ("instruction_en", "instruction_zh", "inverse_en", "inverse_zh", "edit_type")


def make_reviewed_set(folder: Path, pairs: int) -> PairSet:
    """So many drawn pairs, each its own scene, each with a verdict and two annotations."""
    pair_set = make_annotated_set(folder, pairs)
    rmtree(pair_set.stage("annotations", "other").path)  # one model is enough here
    stage = pair_set.stage("annotations", "drawn")
    drawn = [_described(each) for each in rows_of(Annotation, stage.read("00000"))]
    stage.write("00000", table_of(Annotation, drawn))
    verdicts = [_verdict(annotation, number) for number, annotation in enumerate(drawn)]
    pair_set.stage("verdicts", "reviews").write("00000", table_of(Verdict, verdicts))
    adapted = [
        _adapted(annotation, verdict, number)
        for number, (annotation, verdict) in enumerate(zip(drawn, verdicts, strict=True))
    ]
    pair_set.stage("annotations", ADAPTER).write("00000", table_of(Annotation, adapted))
    return pair_set


def pairs_of(pair_set: PairSet) -> list[Pair]:
    return list(rows_of(Pair, pair_set.stage("pairs", "drawn").read("00000")))


def keep_card(pair_set: PairSet, examples: Sequence[Example], **card: str) -> Path:
    """Leave what training leaves: the examples, and the adapter's card; returns the card's path."""
    pair_set.stage("examples", "trained").write("00000", table_of(Example, examples))
    path = Path(pair_set.root, "adapters", ADAPTER, "card.json")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"examples": "trained", **card}))
    return path


def _described(annotation: Annotation) -> Annotation:
    return replace(
        annotation,
        source_caption="A blur.",
        target_caption="A blur with a disc.",
        preserved="The rest.",
    )


def _verdict(annotation: Annotation, number: int) -> Verdict:
    """Accepted, or corrected: a place, a kind of edit, or that nothing changed at all."""
    original = {name: getattr(annotation, name) for name in _WORDS}
    corrected, errors = _correction(annotation, number)
    return Verdict(
        verdict_id=content_id("verdict", annotation.annotation_id),
        revision=1,
        annotation_id=annotation.annotation_id,
        pair_id=annotation.pair_id,
        reviewer=REVIEWER,
        decision="fix" if corrected else "accept",
        **{**original, **corrected},
        **{f"original_{name}": value for name, value in original.items()},
        error_types=errors,
        updated_at="2026-01-01",
    )


def _correction(annotation: Annotation, number: int) -> tuple[dict[str, str], list[str]]:
    english, chinese = annotation.instruction_en or "", annotation.instruction_zh or ""
    match number % 8:
        case 1:
            words = english.replace("top right", "bottom left"), chinese.replace("右上", "左下")
            errors = ["wrong_position"]
        case 3:
            words = english.replace("disc", "balloon"), chinese.replace("圆盘", "气球")
            errors = ["wrong_object"]
        case 5:
            words = english.replace("Add", "Paint"), chinese.replace("添加", "涂")
            return {**_texts(words), "edit_type": "recolor"}, ["not_an_edit", "wrong_attribute"]
        case 7:
            words = f"Nothing changes. {HOSTILE}", "没有变化。"
            return {**_texts(words), "edit_type": "none"}, ["invented_change"]
        case _:
            return {}, []
    return _texts(words), errors


def _texts(words: tuple[str, str]) -> dict[str, str]:
    return {"instruction_en": words[0], "instruction_zh": words[1]}


def _adapted(annotation: Annotation, verdict: Verdict, number: int) -> Annotation:
    """What the adapter wrote: the reviewer's words, and in two of eight the model's mistakes."""
    adapted = replace(
        annotation,
        annotation_id=content_id("annotation", annotation.pair_id, ADAPTER),
        adapter=ADAPTER,
        confidence=0.55 + 0.44 * ((number * 7) % 20) / 20,
    )
    if number % 8 == 2:
        return replace(
            adapted, instruction_en="Draw a ring.", instruction_zh="画一个环。", confidence=0.3
        )
    if number % 8 == 3:
        return _failed(adapted) if number == 3 else replace(adapted, confidence=0.4)
    return replace(
        adapted,
        **{name: getattr(verdict, name) for name in ("instruction_en", "instruction_zh")},
        edit_type=verdict.edit_type,
        is_changed=verdict.edit_type != "none",
    )


def _failed(annotation: Annotation) -> Annotation:
    return replace(
        annotation,
        **dict.fromkeys(_WORDS),
        is_changed=None,
        confidence=None,
        error_code="truncated",
        error="the reply was cut off",
    )
