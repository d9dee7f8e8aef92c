"""The training loop: every pair teaches looking, some also writing; it can be killed any time."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW, Muon, Optimizer
from torch.utils.data import DataLoader

from finetune.planted.photos import Crops
from finetune.starter.batches import PairBatch, PlantedBatches
from finetune.starter.heads import Seen, ThrowAwayHeads
from finetune.starter.learning_curve import CurvePoint, append_point, exact_shares
from finetune.starter.network.forward import BatchForward, patchify
from finetune.starter.network.labels import CELLS
from finetune.starter.network.model import StarterProcessor
from finetune.starter.network.token_weights import token_weights
from finetune.starter.recipe import Recipe

if TYPE_CHECKING:
    from transformers import Qwen3VLForConditionalGeneration

log = logging.getLogger(__name__)

LAST_BATCH = 10_000_000
MEMORY = 0.96
"""Share of the past in the running means that the log shows."""


class Training:
    """A model on its way, with all the state that a checkpoint must hold."""

    def __init__(
        self, model: "Qwen3VLForConditionalGeneration", processor: StarterProcessor, recipe: Recipe
    ) -> None:
        self.model = model.train()
        self.recipe = recipe
        self.tokenizer = processor.tokenizer
        self.forward = BatchForward(model, processor)
        text: Any = model.config.text_config
        self.heads = ThrowAwayHeads(text.hidden_size)
        self.optimizers = _optimizers(model, self.heads, recipe)
        self.averaged = {name: p.detach().clone() for name, p in model.named_parameters()}
        self.token_weights = token_weights(self.tokenizer, text.vocab_size)
        self.step = 0
        self.seconds = 0.0
        self.means: dict[str, float] = {}

    @property
    def progress(self) -> float:
        """Share of the minutes spent, 0 to 1."""
        return self.seconds / (60 * self.recipe.minutes)

    def run(self, crops: Crops, held_out: PairBatch, checkpoint: Path) -> None:
        """Train until the minutes are spent, saving and measuring every few of them."""
        saved = self.seconds
        before = time.monotonic()
        for batch in self._batches(crops):
            self.learn(batch)
            now = time.monotonic()
            self.seconds, before = self.seconds + now - before, now
            if self.step % 50 == 0:
                log.info("%s", self.report())
            if self.progress >= 1 or self.seconds - saved > 60 * self.recipe.save_minutes:
                self.save(checkpoint)
                append_point(checkpoint.with_name("curve.jsonl"), self.measure(held_out))
                saved = self.seconds
            if self.progress >= 1:
                return

    def learn(self, batch: PairBatch) -> None:
        """Take one optimizer step."""
        rate = self.recipe.learning_rate_at(self.step, self.progress)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        losses = self.losses(batch)
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self._average()
        self.step += 1
        for name, loss in losses.items():
            mean = self.means.get(name, loss.item())
            self.means[name] = MEMORY * mean + (1 - MEMORY) * loss.item()

    def losses(self, batch: PairBatch) -> dict[str, Tensor]:
        """Return the weighted losses by name: the heads' and the text's."""
        count = len(batch.replies)
        written = round(count * self.recipe.written_share_at(self.progress))
        tokens, deep = self.forward.see(patchify(batch.images))
        length = self.forward.prompt_length
        parts: list[tuple[Tensor, Tensor]] = []
        losses: dict[str, Tensor] = {}
        for part in (slice(0, written), slice(written, count)):
            replies = batch.replies[part, : None if part.start == 0 else 0]
            part_deep = [features[part] for features in deep]
            compared, final = self.forward.read(tokens[part], part_deep, replies)
            parts.append((compared[:, :length], final[:, length - 1]))
            if part.start == 0:
                losses["text"] = self.recipe.text_weight * self._text_loss(final, replies)
        compared, last = (torch.cat(states) for states in zip(*parts, strict=True))
        second_image = compared[:, self.forward.image_places[CELLS:]]
        seen = Seen(tokens.view(count, 2, CELLS, -1), second_image, last)
        weight = self.recipe.heads_weight_at(self.progress)
        return losses | {name: weight * loss for name, loss in self.heads(seen, batch).items()}

    def measure(self, held_out: PairBatch) -> CurvePoint:
        """Score the averaged weights on held-out pairs."""
        with self.averaged_weights():
            shares = exact_shares(self.forward, held_out, self.tokenizer)
        pairs = self.step * self.recipe.batch_size
        return CurvePoint(round(self.seconds / 60, 1), pairs, *(round(s, 3) for s in shares))

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """Put the averaged weights into the model, and the current ones back afterwards."""
        current = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.model.load_state_dict(self.averaged, strict=False)
        try:
            yield
        finally:
            self.model.load_state_dict(current, strict=False)

    def report(self) -> str:
        """Return one line of progress."""
        parts = " ".join(f"{name} {mean:.3f}" for name, mean in self.means.items())
        rate = self.step * self.recipe.batch_size / max(1.0, self.seconds)
        return f"{self.seconds / 60:.1f} min, step {self.step}, {rate:.0f} pairs/s: {parts}"

    def save(self, path: Path) -> None:
        """Write the whole state; a kill in between leaves the previous checkpoint."""
        state = {
            "model": self.model.state_dict(),
            "heads": self.heads.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "averaged": self.averaged,
            "step": self.step,
            "seconds": self.seconds,
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, path)

    def load(self, path: Path) -> None:
        """Take up where `save` left off."""
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.averaged = state["averaged"]
        self.step, self.seconds = state["step"], state["seconds"]

    def _batches(self, crops: Crops) -> Iterator[PairBatch]:
        dataset = PlantedBatches(crops, self.tokenizer, self.recipe.batch_size, self.recipe.seed)
        order = range(self.step, LAST_BATCH)
        return iter(DataLoader(dataset, batch_size=None, sampler=order, num_workers=1))

    def _text_loss(self, final: Tensor, replies: Tensor) -> Tensor:
        logits = self.forward.logits(final[:, self.forward.prompt_length - 1 : -1])
        losses = functional.cross_entropy(logits.flatten(0, 1), replies.flatten(), reduction="none")
        weights = self.token_weights[replies.flatten()]
        return (losses * weights).sum() / weights.sum()

    @torch.no_grad()
    def _average(self) -> None:
        share = 1 - self.recipe.averaging_at(self.step)
        for name, parameter in self.model.named_parameters():
            self.averaged[name].lerp_(parameter.detach(), share)


def _optimizers(model: nn.Module, heads: nn.Module, recipe: Recipe) -> list[Optimizer]:
    """Muon for the matrices inside transformer layers, AdamW for the rest."""
    inner: list[nn.Parameter] = []
    outer: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_inner = parameter.ndim == 2 and ("layers." in name or "blocks." in name)
        (inner if is_inner else outer).append(parameter)
    outer += heads.parameters()
    rate, decay = recipe.learning_rate, recipe.weight_decay
    return [
        Muon(inner, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
        AdamW(outer, lr=rate, weight_decay=decay, betas=(0.9, 0.98)),
    ]
