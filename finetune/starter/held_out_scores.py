"""Score an exported starter on planted edits of photos it never saw, through the standard path."""

import json
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, PreTrainedTokenizerFast

from finetune.planted.further_edits import FURTHER_EDITS, plant_further
from finetune.planted.photos import cut_crops, held_out_photos
from finetune.planted.plant import EDITS, PlantedEdit, plant
from finetune.starter.network.forward import prompt_text
from finetune.starter.network.model import StarterProcessor
from finetune.starter.network.tokenizer import SCAFFOLD, token_id
from finetune.starter.training_data import BYSTANDERS

EVALUATION_MIX = {**dict.fromkeys(EDITS, 1.0), "none": 4.0}
"""Every kind alike, no change about one pair in seven."""

_KINDS = (*EDITS, *FURTHER_EDITS)
VIEWS_PER_PHOTO = 60
MAX_NEW_TOKENS = 200
"""Words that the tokenizer was not made for are spelled out, byte by byte."""
BATCH = 50


class _Writes(Protocol):
    """A model of transformers, or one of PEFT around it."""

    def eval(self) -> object: ...

    @property
    def generate(self) -> Callable[..., Any]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One greedy reply and the log-probability of its English instruction."""

    text: str
    instruction_logprob: float
    """Sum over the tokens of the instruction_en value; 0 where there is none."""


@dataclass(frozen=True, slots=True)
class Score:
    """What is right about one answer."""

    kind: str
    parsed: bool
    edit_type: bool
    instruction_en: bool
    instruction_zh: bool
    is_changed: bool
    confidence: float
    """exp(instruction_logprob)"""


def held_out_edits(count: int, seed: int, further: bool = False) -> list[PlantedEdit]:
    """Plant edits in held-out photos at the crops' full side, larger than the model sees.

    ``further`` adds the kinds that the starter was never taught, as likely as any other.
    """
    rng = random.Random(seed)
    per_photo = min(count, VIEWS_PER_PHOTO)
    views = [view for photo in held_out_photos() for view in cut_crops(rng, photo, per_photo)]
    mix = EVALUATION_MIX | (dict.fromkeys(FURTHER_EDITS, 1.0) if further else {})
    kinds = rng.choices(list(mix), list(mix.values()), k=count)
    return [_planted(rng, views, kind) for kind in kinds]


def _planted(rng: random.Random, views: Sequence[Image.Image], kind: str) -> PlantedEdit:
    while True:
        view = rng.choice(views)
        if kind in FURTHER_EDITS:
            edit = plant_further(rng, view, kind)
        else:
            edit = plant(rng, view, kind, bystanders=rng.choice(BYSTANDERS))
        if edit:
            return edit


def answer(
    model_folder: Path, edits: Sequence[PlantedEdit], adapter: Path | None = None
) -> list[Answer]:
    """Load the folder as any user would and let it answer greedily in float32."""
    load_processor: Callable[..., StarterProcessor] = AutoProcessor.from_pretrained
    processor = load_processor(model_folder)
    base = AutoModelForImageTextToText.from_pretrained(model_folder, dtype=torch.float32)
    model: _Writes = base
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(base, str(adapter))
    model.eval()
    answers: list[Answer] = []
    for start in range(0, len(edits), BATCH):
        answers += _answer_batch(model, processor, edits[start : start + BATCH])
    return answers


@torch.no_grad()
def _answer_batch(
    model: _Writes, processor: StarterProcessor, edits: Sequence[PlantedEdit]
) -> list[Answer]:
    inputs = processor(
        text=[prompt_text(processor)] * len(edits),
        images=[[edit.source, edit.target] for edit in edits],
        return_tensors="pt",
    )
    output = model.generate(
        **inputs,
        max_new_tokens=MAX_NEW_TOKENS,
        do_sample=False,
        output_logits=True,
        return_dict_in_generate=True,
    )
    tokens = output.sequences[:, inputs["input_ids"].shape[1] :]
    logprobs = torch.stack(output.logits, dim=1).float().log_softmax(dim=-1)
    chosen = logprobs.gather(-1, tokens[..., None])[..., 0]
    return [
        _answer(processor.tokenizer, ids, values)
        for ids, values in zip(tokens.tolist(), chosen.tolist(), strict=True)
    ]


def _answer(tokenizer: PreTrainedTokenizerFast, ids: list[int], logprobs: list[float]) -> Answer:
    opening, closing = (token_id(tokenizer, piece) for piece in SCAFFOLD[:2])
    text = str(tokenizer.decode(ids, skip_special_tokens=True))
    if opening not in ids or closing not in ids:
        return Answer(text, 0.0)
    value = slice(ids.index(opening) + 1, ids.index(closing))
    return Answer(text, sum(logprobs[value]))


def score(edit: PlantedEdit, answer: Answer) -> Score:
    """Compare an answer with the planted truth, word for word."""
    try:
        reply = json.loads(answer.text)
    except json.JSONDecodeError:
        reply = None
    parsed = isinstance(reply, dict)
    said = reply if parsed else {}
    return Score(
        kind=edit.kind,
        parsed=parsed,
        edit_type=said.get("edit_type") == edit.edit_type,
        instruction_en=said.get("instruction_en") == edit.instruction.en,
        instruction_zh=said.get("instruction_zh") == edit.instruction.zh,
        is_changed=said.get("is_changed") == edit.is_changed,
        confidence=math.exp(answer.instruction_logprob),
    )


def area_under_roc(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Return how often a right answer is more confident than a wrong one; ties count half."""
    good = np.array([c for c, ok in zip(confidences, right, strict=True) if ok])
    bad = np.array([c for c, ok in zip(confidences, right, strict=True) if not ok])
    if not len(good) or not len(bad):
        return math.nan
    difference = good[:, None] - bad[None, :]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of right answers over some scores."""

    pairs: int
    parsed: float
    edit_type: float
    instruction_en: float
    instruction_zh: float
    is_changed: float


def shares(scores: Iterable[Score]) -> Shares:
    """Average the scores."""
    rows = list(scores)
    columns = ("parsed", "edit_type", "instruction_en", "instruction_zh", "is_changed")
    means = [sum(getattr(row, column) for row in rows) / len(rows) for column in columns]
    return Shares(len(rows), *means)


def measure(
    model_folder: Path, pairs: int, seed: int, adapter: Path | None = None, further: bool = False
) -> str:
    """Return the report on so many fresh held-out pairs."""
    edits = held_out_edits(pairs, seed, further)
    answers = answer(model_folder, edits, adapter)
    return report([score(edit, said) for edit, said in zip(edits, answers, strict=True)])


def report(scores: Sequence[Score]) -> str:
    """Return a Markdown table: one row for all, one per kind, then the AUROC."""
    by_kind: defaultdict[str, list[Score]] = defaultdict(list)
    for row in scores:
        by_kind[row.kind].append(row)
    lines = [
        "| kind | pairs | JSON parses | edit_type | instruction_en | instruction_zh | is_changed |",
        "|---|---|---|---|---|---|---|",
        _line("**all**", shares(scores)),
        *(
            _line(kind, shares(by_kind[kind]))
            for kind in (*EDITS, *FURTHER_EDITS)
            if kind in by_kind
        ),
    ]
    confidences = [row.confidence for row in scores]
    auroc = area_under_roc(confidences, [row.instruction_en for row in scores])
    return "\n".join([*lines, "", f"AUROC of exp(log-prob of instruction_en): {auroc:.3f}"])


def _line(name: str, row: Shares) -> str:
    values = (row.parsed, row.edit_type, row.instruction_en, row.instruction_zh, row.is_changed)
    return f"| {name} | {row.pairs} | " + " | ".join(f"{value:.3f}" for value in values) + " |"
