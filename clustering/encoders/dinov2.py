"""DINOv2 through transformers: close where images look alike, whatever they are called."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from clustering.encoders.device import best_device
from clustering.encoders.hub import fetching
from clustering.encoders.protocol import Vectors, unit_rows
from pairset.checkpoints import load_whole
from pairset.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from PIL.Image import Image

_UNUSED = ("embeddings.mask_token",)
"""What only training looks at."""


class DinoV2:
    """The class token of one DINOv2 model."""

    def __init__(self, model: str) -> None:
        fit_torch_companions()
        from transformers import AutoImageProcessor, Dinov2Model

        self._device = best_device()
        with fetching(model, "dinov2"):
            loaded = load_whole(Dinov2Model, model, may_lack=_UNUSED)
            images: Any = AutoImageProcessor
            self._processor = images.from_pretrained(model)
        self._model = loaded.eval().to(self._device)

    @torch.inference_mode()
    def encode(self, images: Sequence["Image"]) -> Vectors:
        """Unit vectors of upright RGB images."""
        batch = self._processor(images=list(images), return_tensors="pt").to(self._device)
        tokens = self._model(**batch).last_hidden_state
        return unit_rows(tokens[:, 0].float().cpu().numpy())
