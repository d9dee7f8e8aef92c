"""What one task of the page shows."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pairset.records import Annotation, Pair

_MOST_CANDIDATES = 5


class Wording(NamedTuple):
    """One instruction in both languages."""

    en: str
    zh: str | None


def task_data(
    pair: Pair,
    annotation: Annotation,
    image_urls: tuple[str, str],
    wordings: Sequence[Wording] = (),
) -> dict[str, object]:
    """The ``data`` of a task; ``image_urls`` are those of source and target.

    The candidates are the annotation's own words, and after them other ``wordings`` of the pair.

    Never add a key named ``source``: Label Studio resolves ``$source`` to the whole task.
    """
    chinese_of: dict[str, str | None] = {}
    for wording in (Wording(annotation.instruction_en or "", annotation.instruction_zh), *wordings):
        if wording.en and len(chinese_of) < _MOST_CANDIDATES:
            chinese_of.setdefault(wording.en, wording.zh)
    return {
        "pair_id": pair.pair_id,
        "annotation_id": annotation.annotation_id,
        "source_image": image_urls[0],
        "target_image": image_urls[1],
        "info": info_line(pair, annotation),
        "candidates": [{"value": english} for english in chinese_of],
        "candidates_zh": list(chinese_of.values()),
    }


def candidates_in(data: Mapping[str, object]) -> dict[str, str | None]:
    """The Chinese words of every candidate of a task, by its English ones."""
    offered, chinese = data.get("candidates"), data.get("candidates_zh")
    if not isinstance(offered, list) or not isinstance(chinese, list):
        return {}
    english = [each.get("value") if isinstance(each, dict) else None for each in offered]
    return {
        words: meaning
        for words, meaning in zip(english, chinese, strict=False)
        if isinstance(words, str) and (meaning is None or isinstance(meaning, str))
    }


def info_line(pair: Pair, annotation: Annotation) -> str:
    """The numbers of a pair in one line; those never measured are left out."""
    numbers = (
        ("confidence", annotation.confidence, ".2f"),
        ("similarity", pair.similarity, ".3f"),
        ("changed", pair.change_fraction, ".0%"),
        ("regions", pair.change_components, "d"),
    )
    words = [f"{name} {value:{shape}}" for name, value, shape in numbers if value is not None]
    model = f"{annotation.model} + {annotation.adapter}" if annotation.adapter else annotation.model
    return " · ".join([*words, model])
