"""How far raters agree beyond chance. Ratings are given as one mapping per item: rater → label."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations, permutations
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from pairset.errors import MissingExtraError

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF

Level = Literal["nominal", "ordinal"]
Language = Literal["en", "zh"]
Item = Mapping[str, Hashable]
"""What each rater called one item."""

_CHARACTERS: Mapping[Language, int] = {"en": 6, "zh": 2}


def cohen_kappa(items: Sequence[Item], one: str, other: str) -> float | None:
    """Cohen's kappa of two raters (Cohen 1960) over the items both rated.

    None where nothing is left to chance: no such item, or only one label in use.
    """
    both = [(item[one], item[other]) for item in items if one in item and other in item]
    if not both:
        return None
    observed = fmean(a == b for a, b in both)
    ones, others = (Counter(labels) for labels in zip(*both, strict=True))
    expected = sum(ones[label] * others[label] for label in ones) / len(both) ** 2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def fleiss_kappa(items: Sequence[Item]) -> float | None:
    """Fleiss' kappa (Fleiss 1971) over the items with the most frequent number of raters.

    It wants the same number of ratings, two at least, for every item.
    """
    sizes = Counter(len(item) for item in items if len(item) > 1)
    if not sizes:
        return None
    raters = sizes.most_common(1)[0][0]
    tables = [Counter(item.values()) for item in items if len(item) == raters]
    agreeing = [
        (sum(count**2 for count in table.values()) - raters) / (raters * (raters - 1))
        for table in tables
    ]
    totals = sum(tables, Counter[Hashable]())
    expected = sum((count / (raters * len(tables))) ** 2 for count in totals.values())
    return None if expected == 1 else (fmean(agreeing) - expected) / (1 - expected)


def krippendorff_alpha(items: Sequence[Item], level: Level = "nominal") -> float | None:
    """Krippendorff's alpha, which takes any number of raters for each item.

    ``level`` is nominal for names, ordinal for ranks (their labels must be numbers). None where
    only one label is in use. Raises MissingExtraError without the package krippendorff.
    """
    try:
        import krippendorff
        import numpy as np
    except ImportError as error:
        raise MissingExtraError("krippendorff", "review") from error
    several = [item for item in items if len(item) > 1]
    labels = sorted({label for item in several for label in item.values()}, key=_in_order)
    if len(labels) < 2:
        return None
    counts = np.array([[list(item.values()).count(label) for label in labels] for item in several])
    domain = np.arange(len(labels)) if level == "nominal" else np.array(labels, dtype=float)
    return float(
        krippendorff.alpha(value_counts=counts, value_domain=domain, level_of_measurement=level)
    )


def _in_order(label: Hashable) -> tuple[float, str]:
    return (float(label), "") if isinstance(label, int | float) else (0.0, str(label))


def text_agreement(texts: Sequence[str], language: Language) -> list[list[float]]:
    """ChrF (Popović 2015) of every two texts, 0 to 100: the mean of both directions.

    Over runs of up to six characters in English, as its author has it, and up to two in Chinese,
    whose words are about that long. Raises MissingExtraError without the package sacrebleu.
    """
    metric = _chrf_metric(language)
    scores = [[100.0] * len(texts) for _ in texts]
    for one, other in combinations(range(len(texts)), 2):
        directions = permutations((texts[one], texts[other]))
        if texts[one] != texts[other]:
            score = fmean(metric.sentence_score(a, [b]).score for a, b in directions)
            scores[one][other] = scores[other][one] = score
    return scores


def chrf_to(reference: str, texts: Sequence[str], language: Language) -> list[float]:
    """ChrF of each text to the reference, 0 to 100; texts that are the same need no measuring.

    Raises MissingExtraError without the package sacrebleu.
    """
    others = {text for text in texts if text != reference}
    metric = _chrf_metric(language) if others else None
    scores = {text: metric.sentence_score(text, [reference]).score for text in others if metric}
    return [float(scores.get(text, 100.0)) for text in texts]


def _chrf_metric(language: Language) -> "CHRF":
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise MissingExtraError("sacrebleu", "review") from error
    return CHRF(char_order=_CHARACTERS[language])
