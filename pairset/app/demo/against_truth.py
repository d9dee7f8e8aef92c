"""Hold what was mined and annotated against what was planted. Pure: rows in, figures out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pairset.app.demo.truth import PlantedPair, Truth


@dataclass(frozen=True, slots=True)
class KeptPair:
    """A kept pair by the names of its files inside the corpus."""

    pair_id: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said of one pair."""

    instruction_en: str | None
    instruction_zh: str | None
    edit_type: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a perfect annotator says of a planted pair, in the direction it was mined."""

    pair_id: str
    instruction_en: str
    instruction_zh: str
    inverse_en: str
    inverse_zh: str
    edit_type: str


@dataclass(frozen=True, slots=True)
class MiningFigures:
    """How well the planted pairs were found."""

    precision: float
    """Share of the kept pairs that were planted, each planted pair counted once."""
    recall: float
    """Share of the planted pairs that were kept."""
    mistakes: dict[str, int]
    """Kept pairs that were not planted, by what they are."""
    found: tuple[Expected, ...]
    missed: tuple[PlantedPair, ...]


@dataclass(frozen=True, slots=True)
class AnnotationFigures:
    """How right the replies about found pairs are."""

    edit_type_accuracy: float | None
    exact_en: float | None
    exact_zh: float | None
    confidence_auroc: float | None
    """How well confidence ranks right English instructions over wrong; None without both."""
    by_edit_type: dict[str, tuple[int, int, int, int]]
    """Per true edit type: pairs, right types, exact English, exact Chinese."""


def measure_mining(kept: Sequence[KeptPair], truth: Truth) -> MiningFigures:
    """Compare the kept pairs with the planted ones.

    A copy stands for what it shows: a pair found through a re-encoded copy is found.
    """
    planted = {frozenset((pair.source, pair.target)): pair for pair in truth.pairs}
    found: dict[frozenset[str], Expected] = {}
    mistakes: Counter[str] = Counter()
    for pair in kept:
        source, target = (truth.copies.get(name, name) for name in (pair.source, pair.target))
        ends = frozenset((source, target))
        if ends in planted and ends not in found:
            known = planted[ends]
            there = known if source == known.source else known.reversed()
            found[ends] = expected_of(pair.pair_id, there)
        else:
            mistakes[_kind_of_mistake(pair, ends, truth)] += 1
    missed = tuple(pair for ends, pair in planted.items() if ends not in found)
    return MiningFigures(
        precision=len(found) / len(kept) if kept else 0.0,
        recall=len(found) / len(planted),
        mistakes=dict(mistakes),
        found=tuple(found.values()),
        missed=missed,
    )


def expected_of(pair_id: str, planted: PlantedPair) -> Expected:
    """What is to be said of a planted pair in this direction."""
    there = planted.instruction_en, planted.instruction_zh
    back = planted.inverse_en, planted.inverse_zh
    return Expected(pair_id, *there, *back, planted.edit_type)


def _kind_of_mistake(pair: KeptPair, ends: frozenset[str], truth: Truth) -> str:
    files = {pair.source, pair.target}
    if len(ends) == 1:
        return "copy"
    if files & truth.mirrored.keys():
        return "mirrored_copy"
    if files & set(truth.unrelated):
        return "unrelated"
    scenes = _scene_of(truth)
    if len({scenes[name] for name in ends if name in scenes}) > 1:
        return "unrelated"
    return "same_scene"


def _scene_of(truth: Truth) -> dict[str, int]:
    """Number the scene of every planted file: files that planted pairs link share one."""
    scene: dict[str, int] = {}
    for number, pair in enumerate(truth.pairs):
        known = scene.get(pair.source, scene.get(pair.target, number))
        scene[pair.source] = scene[pair.target] = known
    return scene


def measure_annotations(
    expected: Iterable[Expected], replies: Mapping[str, Reply]
) -> AnnotationFigures:
    """Compare replies, by pair id, with what was expected. A pair without a reply is wrong."""
    silent = Reply(None, None, None, None)
    judged = [(each, replies.get(each.pair_id, silent)) for each in expected]
    types = [reply.edit_type == each.edit_type for each, reply in judged]
    english = [reply.instruction_en == each.instruction_en for each, reply in judged]
    chinese = [reply.instruction_zh == each.instruction_zh for each, reply in judged]
    confidences = [reply.confidence for _, reply in judged]
    by_type: dict[str, tuple[int, int, int, int]] = {}
    for (each, _), *right in zip(judged, types, english, chinese, strict=True):
        pairs, *rights = by_type.get(each.edit_type, (0, 0, 0, 0))
        sums = [total + one for total, one in zip(rights, right, strict=True)]
        by_type[each.edit_type] = (pairs + 1, sums[0], sums[1], sums[2])
    return AnnotationFigures(
        _share(types),
        _share(english),
        _share(chinese),
        confidence_auroc(confidences, english),
        by_type,
    )


def _share(right: Sequence[bool]) -> float | None:
    return sum(right) / len(right) if right else None


def confidence_auroc(confidences: Sequence[float | None], right: Sequence[bool]) -> float | None:
    """Area under the ROC curve of confidence as a judge of rightness.

    Pairs without a confidence are left out; None where only right or only wrong ones remain.
    """
    from sklearn.metrics import roc_auc_score

    judged = [(c, ok) for c, ok in zip(confidences, right, strict=True) if c is not None]
    if len({ok for _, ok in judged}) < 2:
        return None
    return float(roc_auc_score([ok for _, ok in judged], [c for c, _ in judged]))
