"""Any model of the open_clip library, by hub tag or with a local checkpoint."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from clustering.encoders.device import best_device, number_type
from clustering.encoders.hub import fetching
from clustering.encoders.protocol import Prepared, Vectors, unit_rows
from clustering.settings import Precision
from pairset.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from PIL.Image import Image


class OpenClip:
    """The image tower of one open_clip model."""

    def __init__(self, model: str, weights: str, precision: Precision = "auto") -> None:
        fit_torch_companions()
        import open_clip

        self._device = best_device()
        self._type = number_type(precision, self._device)
        with fetching(weights, "open_clip"):
            self._model, self._preprocess = open_clip.create_model_from_pretrained(
                model, pretrained=weights, device=self._device
            )
        self._model.eval().visual.to(self._type)
        size = self._model.visual.image_size
        self.side = max(size) if isinstance(size, tuple | list) else int(size)

    def prepare(self, image: "Image") -> Prepared:
        """The model's own transform."""
        return (self._preprocess(image),)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        """Unit vectors of prepared images."""
        pixels = torch.stack([view for (view,) in batch]).to(self._device, self._type)
        return unit_rows(self._model.encode_image(pixels).float().cpu().numpy())
