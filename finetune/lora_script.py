"""The whole recipe of supervised ``pairset train`` in one file, to be read from top to bottom.

    python -m finetune.lora_script SET OUT --model starter

A plain PyTorch loop with PEFT, without resuming, cards, preferences and advice. Which words teach
and how a model is asked come from where ``pairset train`` has them: two versions of those would
train for two models. Prints its figures as one JSON object.
"""

import argparse
import json
import math
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from annotator.pictures import load_example_images
from annotator.prompting.prompt import load_prompt, prompt_name
from annotator.weights.models import STARTER_THREADS, ModelChoice, load_model
from finetune.examples.make import make_examples
from finetune.examples.split import SplitRule
from finetune.examples.unchanged import unchanged_examples
from finetune.examples.weakness import oversampled
from finetune.lora.adapted_model import LANGUAGE_LAYERS
from finetune.lora.conversations import ChatEncoder, Conversation
from pairset.models.loaded import Processor, Tokenizer
from pairset.records.example import Split
from pairset.rows.places import placed_examples
from pairset.store import open_set

if TYPE_CHECKING:
    from peft import PeftModel

SPLIT = SplitRule(held_out_share=0.2, seed=0)
OVERSAMPLE, UNCHANGED_SHARE, MAX_PIXELS, SEED = 3, 0.1, 589_824, 0
RANK, ALPHA, DROPOUT = 16, 32, 0.05
WARM_UP_SHARE, LARGEST_GRADIENT = 0.05, 1.0
IGNORED = -100


def main() -> None:
    """Read the command line, and do all of it."""
    parser = argparse.ArgumentParser(prog="finetune.lora_script", description=__doc__)
    parser.add_argument("set_url", metavar="SET")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for the adapter")
    parser.add_argument("--model", help="hub id, folder, or starter")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    options = parser.parse_args()
    choice = load_model(options.model)
    processor, model = load(choice)
    conversations = conversations_of(options.set_url, processor, choice.name)
    figures = learn(model, conversations, processor.tokenizer, options)
    model.save_pretrained(str(options.out), save_embedding_layers=False)
    sys.stdout.write(json.dumps(figures) + "\n")


def load(choice: ModelChoice) -> "tuple[Processor, PeftModel]":
    """Load the processor, and a frozen base with fresh LoRA weights on its language layers."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText, AutoProcessor

    if choice.is_starter:
        torch.set_num_threads(STARTER_THREADS)
    torch.manual_seed(SEED)
    device, dtype = ("cuda", "bfloat16") if torch.cuda.is_available() else ("cpu", "float32")
    load_processor: Callable[..., Processor] = AutoProcessor.from_pretrained
    base: torch.nn.Module = AutoModelForImageTextToText.from_pretrained(choice.folder, dtype=dtype)
    base.to(device)
    lora = LoraConfig(
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=DROPOUT,
        target_modules=LANGUAGE_LAYERS,
        task_type="CAUSAL_LM",
    )
    return load_processor(choice.folder), get_peft_model(base, lora)


def conversations_of(set_url: str, processor: Processor, model_name: str) -> list[Conversation]:
    """What reviewers stand by, under the messages of serving; weak edit types are repeated."""
    prompt = load_prompt(prompt_name("auto", model_name))
    chat_encoder = ChatEncoder(processor, prompt, processor.tokenizer.eos_token_id)
    pair_set = open_set(set_url)
    examples = make_examples(pair_set, SPLIT, include_auto=False)
    examples += unchanged_examples(pair_set, examples, SPLIT, prompt.name, UNCHANGED_SHARE)
    learnt = [each for each in examples if each.teaches and each.split == Split.TRAIN]
    conversations, placed = {}, placed_examples(pair_set, learnt)
    for each in learnt:
        pictures = load_example_images(each, MAX_PIXELS, placed)
        asked = chat_encoder.prompt_inputs(*pictures)
        conversations[each.example_id] = Conversation(
            asked, chat_encoder.reply_ids(str(each.reply))
        )
    return [conversations[each.example_id] for each in oversampled(learnt, OVERSAMPLE)]


def learn(
    model: "PeftModel",
    conversations: list[Conversation],
    tokenizer: Tokenizer,
    options: argparse.Namespace,
) -> dict[str, object]:
    """AdamW over shuffled batches; the learning rate rises, then falls as a cosine."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=options.learning_rate, weight_decay=0.0)
    steps: int = math.ceil(len(conversations) / options.batch_size) * options.epochs
    rising = max(1, round(WARM_UP_SHARE * steps))

    def height(step: int) -> float:
        falling = math.cos(math.pi * max(0, step - rising) / max(1, steps - rising))
        return min(step / rising, (1 + falling) / 2)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, height)
    rng, losses, padding, start = random.Random(SEED), [], [], time.monotonic()
    model.train()
    for _ in range(options.epochs):
        order = rng.sample(conversations, len(conversations))
        for first in range(0, len(order), options.batch_size):
            batch = order[first : first + options.batch_size]
            inputs, labels = collate(batch, tokenizer.pad_token_id or 0, model.device)
            logits = model(**inputs).logits[:, :-1].float().flatten(0, 1)
            loss = torch.nn.functional.cross_entropy(
                logits, labels[:, 1:].flatten(), ignore_index=IGNORED
            )
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(weights, LARGEST_GRADIENT)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            losses.append(loss.item())
            padding.append((inputs["attention_mask"] == 0).float().mean().item())
    seconds = time.monotonic() - start
    return {
        "seconds": seconds,
        "examples_per_second": len(conversations) * options.epochs / seconds,
        "padding_share": sum(padding) / len(padding),
        "losses": losses,
    }


def collate(
    rows: list[Conversation], padding_token: int, device: torch.device
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Rows padded on the right, pixels laid end to end; labels, (rows, tokens), of replies only."""
    pad = torch.nn.utils.rnn.pad_sequence
    replies = [torch.tensor(row.reply) for row in rows]
    inputs = {}
    for name, first in rows[0].prompt.items():
        parts = [row.prompt[name] for row in rows]
        if first.shape != rows[0].prompt["input_ids"].shape:
            inputs[name] = torch.cat(parts).to(device)
            continue
        filler = padding_token if name == "input_ids" else 0
        under = {"input_ids": replies, "attention_mask": [torch.ones_like(r) for r in replies]}
        tails = under.get(name, [torch.zeros_like(reply) for reply in replies])
        lines = [torch.cat((part[0], tail)) for part, tail in zip(parts, tails, strict=True)]
        inputs[name] = pad(lines, batch_first=True, padding_value=filler).to(device)
    blanks = [torch.full((row.length - len(row.reply),), IGNORED) for row in rows]
    labels = [torch.cat(parts) for parts in zip(blanks, replies, strict=True)]
    return inputs, pad(labels, batch_first=True, padding_value=IGNORED).to(device)


if __name__ == "__main__":
    main()
