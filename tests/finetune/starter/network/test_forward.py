import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from PIL import Image

from finetune.planted.plant import plant
from finetune.starter.batches import collate
from finetune.starter.network.forward import BatchForward, patchify, prompt_text
from finetune.starter.network.model import IMAGE_SIDE, Size, build_model
from finetune.starter.network.starter_reply import planted_reply

Photograph = Callable[[int, int], Image.Image]


def test_the_fast_forward_equals_the_reference(processor: Any, photograph: Photograph) -> None:
    model = build_model(processor.tokenizer, Size(), seed=3).eval()
    edits = [
        plant(random.Random(seed), photograph(seed, IMAGE_SIDE), "recolor") for seed in range(3)
    ]
    known = [edit for edit in edits if edit]
    batch = collate(known, processor.tokenizer)
    forward = BatchForward(model, processor)
    tokens, deep = forward.see(patchify(batch.images))
    fast = forward.logits(forward.read(tokens, deep, batch.replies)[1])
    for row, edit in enumerate(known):
        inputs = processor(
            text=[prompt_text(processor) + planted_reply(edit)],
            images=[edit.source, edit.target],
            return_tensors="pt",
        )
        reference = model(**inputs).logits[0]
        torch.testing.assert_close(fast[row, : len(reference)], reference, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("side", [96, 100, 115, 192, 384, 1000])
def test_every_square_image_gets_nine_tokens(processor: Any, side: int) -> None:
    image = Image.new("RGB", (side, side))
    inputs = processor(text=[prompt_text(processor)], images=[image, image], return_tensors="pt")
    assert inputs["image_grid_thw"].tolist() == [[1, 6, 6], [1, 6, 6]]


def test_patches_are_the_processors(processor: Any, photograph: Photograph) -> None:
    image = photograph(0, IMAGE_SIDE)
    reference = processor.image_processor(images=[image], return_tensors="pt")["pixel_values"]
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    patches = patchify(pixels.view(1, IMAGE_SIDE, IMAGE_SIDE, 3))[0]
    both_frames = reference.view(len(patches), 3, 2, -1)
    for frame in range(2):
        torch.testing.assert_close(patches, both_frames[:, :, frame].flatten(1))
