"""AltCLIP and Chinese-CLIP through transformers: CLIPs that know English and Chinese."""

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

_CLASSES = {"altclip": "AltCLIPModel", "chinese_clip": "ChineseCLIPModel"}

_UNUSED = ("text_", "logit_scale")
"""The text towers: only images are encoded."""


class BilingualClip:
    """The image tower of one of them."""

    def __init__(self, kind: str, model: str) -> None:
        fit_torch_companions()
        import transformers

        self._device = best_device()
        with fetching(model, kind):
            images: Any = transformers.AutoImageProcessor
            self._processor = images.from_pretrained(model)
            loaded = load_whole(getattr(transformers, _CLASSES[kind]), model, may_lack=_UNUSED)
        self._model = loaded.eval().to(self._device)

    @torch.inference_mode()
    def encode(self, images: Sequence["Image"]) -> Vectors:
        """Unit vectors of upright RGB images."""
        batch = self._processor(images=list(images), return_tensors="pt").to(self._device)
        features = self._model.get_image_features(**batch)
        if not isinstance(features, torch.Tensor):  # newer transformers wrap them
            features = features.pooler_output
        return unit_rows(features.float().cpu().numpy())
