"""Any model of the open_clip library, by hub tag or with a local checkpoint."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from clustering.encoders.device import best_device
from clustering.encoders.hub import fetching
from clustering.encoders.protocol import Vectors, unit_rows
from pairset.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from PIL.Image import Image


class OpenClip:
    """The image tower of one open_clip model."""

    def __init__(self, model: str, weights: str) -> None:
        fit_torch_companions()
        import open_clip

        self._device = best_device()
        with fetching(weights, "open_clip"):
            self._model, self._preprocess = open_clip.create_model_from_pretrained(
                model, pretrained=weights, device=self._device
            )
        self._model.eval()

    @torch.inference_mode()
    def encode(self, images: Sequence["Image"]) -> Vectors:
        """Unit vectors of upright RGB images."""
        batch = torch.stack([self._preprocess(image) for image in images]).to(self._device)
        return unit_rows(self._model.encode_image(batch).float().cpu().numpy())
