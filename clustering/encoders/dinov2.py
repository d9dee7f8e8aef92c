"""DINOv2 through transformers: close where images look alike, whatever they are called."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch

from clustering.encoders.choice import EncoderChoice
from clustering.encoders.device import best_device, number_type
from clustering.encoders.hub_weights import fetching
from clustering.encoders.processors import ImageProcessor, least_side, prepared
from clustering.encoders.protocol import Prepared, Vectors, unit_rows
from clustering.settings import Dtype
from pairset.models.checkpoints import load_whole
from pairset.models.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from pairset.decoding import DecodedImage

_UNUSED = ("embeddings.mask_token",)
"""What only training looks at."""


def open_dinov2(choice: EncoderChoice) -> "DinoV2":
    """One that is chosen."""
    return DinoV2(choice.model, choice.dtype)


class DinoV2:
    """The class token of one DINOv2 model."""

    def __init__(self, model: str, dtype: Dtype = "auto") -> None:
        fit_torch_companions()
        from transformers import AutoImageProcessor, Dinov2Model

        self._device = best_device()
        self._type = number_type(dtype, self._device)
        with fetching(model, "dinov2"):
            loaded = load_whole(Dinov2Model, model, may_lack=_UNUSED)
            load: Callable[..., ImageProcessor] = AutoImageProcessor.from_pretrained
            self._processor = load(model)
        self._model = loaded.eval().to(self._device, self._type)
        self.side = least_side(self._processor)

    def prepare(self, image: "DecodedImage") -> Prepared:
        """The model's own transform."""
        return prepared(self._processor, image.pixels)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        """Unit vectors of prepared images."""
        pixels = torch.stack([view for (view,) in batch]).to(self._device, self._type)
        tokens = self._model(pixel_values=pixels).last_hidden_state
        return unit_rows(tokens[:, 0].float().cpu().numpy())
