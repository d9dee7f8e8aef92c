"""AltCLIP and Chinese-CLIP through transformers: CLIPs that know English and Chinese."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from clustering.encoders.device import best_device, number_type
from clustering.encoders.hub import fetching
from clustering.encoders.processors import least_side, prepared
from clustering.encoders.protocol import Prepared, Vectors, unit_rows
from clustering.settings import Precision
from pairset.checkpoints import load_whole
from pairset.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from PIL.Image import Image

_CLASSES = {"altclip": "AltCLIPModel", "chinese_clip": "ChineseCLIPModel"}

_UNUSED = ("text_", "logit_scale")
"""The text towers: only images are encoded."""


class BilingualClip:
    """The image tower of one of them."""

    def __init__(self, kind: str, model: str, precision: Precision = "auto") -> None:
        fit_torch_companions()
        import transformers

        self._device = best_device()
        self._type = number_type(precision, self._device)
        with fetching(model, kind):
            images: Any = transformers.AutoImageProcessor
            self._processor = images.from_pretrained(model)
            loaded = load_whole(getattr(transformers, _CLASSES[kind]), model, may_lack=_UNUSED)
        self._model = loaded.eval().to(self._device, self._type)
        self.side = least_side(self._processor)

    def prepare(self, image: "Image") -> Prepared:
        """The model's own transform."""
        return prepared(self._processor, image)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        """Unit vectors of prepared images."""
        pixels = torch.stack([view for (view,) in batch]).to(self._device, self._type)
        features = self._model.get_image_features(pixel_values=pixels)
        if not isinstance(features, torch.Tensor):  # newer transformers wrap them
            features = features.pooler_output
        return unit_rows(features.float().cpu().numpy())
