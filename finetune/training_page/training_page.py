"""The page SET/adapters/NAME/training.html: one file with everything in it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune.lora.sample_replies import Sample
from finetune.training_page.curve_lines import loss_plot, rate_plot, read_curve
from finetune.training_page.sample_cards import lay_out
from pairset import __version__
from pairset.models.adapter_cards import AdapterCard
from pairset.pages.render import render_page
from pairset.pages.thumbnails import Thumbnail, inline_thumbnails
from pairset.records import Example
from pairset.records.example import Split
from pairset.rows.places import placed_examples
from pairset.rows.voices import Voice, is_judged, judges_of, voice_of
from pairset.store import PairSet, write_atomically

PAGE = "training.html"
_THUMBNAIL_PIXELS = 320
_DETAILS_SHOWN = 3
_COMPARABLE = (Voice.PEOPLE, Voice.SIMULATED, Voice.MINING)
"""Whose words replies can be compared with; those of ``auto`` are a model's own."""
_PACKAGES = ("finetune.training_page", "finetune.evaluation")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Pairs that taught nothing for one reason."""

    reason: str
    pairs: int
    details: list[str]
    """Why in words, the most frequent first."""
    more: int
    """Further such sentences."""


def write_training_page(
    pair_set: PairSet,
    folder: Path,
    card: AdapterCard,
    examples: Sequence[Example],
    samples: Sequence[Sample],
) -> Path:
    """Write the page beside the adapter; ``folder`` holds the curve already. Returns its path."""
    curve = read_curve(folder / "curve.jsonl")
    voices = Counter((each.split, voice_of(each.reviewer)) for each in examples if each.teaches)
    learnt = [each.reviewer for each in examples if each.teaches and each.split == Split.TRAIN]
    page = render_page(
        {
            "set_name": pair_set.root.rsplit("/", 1)[-1],
            "version": __version__,
            "card": card,
            "held_out": sum(voices[Split.HELD_OUT, voice] for voice in _COMPARABLE),
            "judges": judges_of(learnt),
            "judged": sum(map(is_judged, learnt)),
            "unseen": voices[Split.TRAIN, Voice.AUTO],
            "unseen_held_out": voices[Split.HELD_OUT, Voice.AUTO],
            "points": len(curve),
            "loss": loss_plot(curve),
            "rate": rate_plot(curve),
            "settings": _settings(card.settings),
            "left_out": _left_out(examples),
            "samples": lay_out(samples, _thumbnails(pair_set, samples)),
        },
        name="training",
        packages=_PACKAGES,
    )
    path = folder / PAGE
    write_atomically(pair_set, str(path), page.encode())
    return path


def _thumbnails(pair_set: PairSet, samples: Sequence[Sample]) -> Mapping[str, Thumbnail]:
    if not samples:
        return {}
    placed = placed_examples(pair_set, (each.example for each in samples))
    return inline_thumbnails(placed, _THUMBNAIL_PIXELS)


def _settings(settings: Mapping[str, object]) -> dict[str, str]:
    """Settings as they would be typed; what was not given and has no default is left out."""
    return {
        name.replace("_", " "): _as_words(value)
        for name, value in settings.items()
        if value is not None
    }


def _as_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {each:g}" for name, each in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _left_out(examples: Sequence[Example]) -> list[LeftOut]:
    """By reason, the most frequent first."""
    details: dict[str, Counter[str]] = defaultdict(Counter)
    for each in examples:
        if each.exclusion is not None:
            details[each.exclusion][each.exclusion_detail or ""] += 1
    found = [
        LeftOut(
            reason=reason,
            pairs=counts.total(),
            details=[detail for detail, _ in counts.most_common(_DETAILS_SHOWN) if detail],
            more=max(0, len(counts) - _DETAILS_SHOWN),
        )
        for reason, counts in details.items()
    ]
    return sorted(found, key=lambda each: (-each.pairs, each.reason))
