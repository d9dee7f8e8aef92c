"""What one task of the page shows."""

from collections.abc import Sequence
from typing import Any

from pairset.records import Annotation, Pair


def task_data(
    pair: Pair,
    annotation: Annotation,
    image_urls: tuple[str, str],
    candidates: Sequence[str] = (),
) -> dict[str, Any]:
    """The ``data`` of a task; ``image_urls`` are those of source and target.

    Never add a key named ``source``: Label Studio resolves ``$source`` to the whole task.
    """
    listed = list(dict.fromkeys(filter(None, [annotation.instruction_en, *candidates])))
    return {
        "pair_id": pair.pair_id,
        "annotation_id": annotation.annotation_id,
        "source_image": image_urls[0],
        "target_image": image_urls[1],
        "info": info_line(pair, annotation),
        "candidates": [{"value": text} for text in listed],
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
