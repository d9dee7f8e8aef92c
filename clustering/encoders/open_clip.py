"""Any model of the open_clip library, by hub tag or with a local checkpoint."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from clustering.encoders.choice import EncoderChoice
from clustering.encoders.device import best_device, number_type
from clustering.encoders.hub_weights import fetching
from clustering.encoders.pixels import transform_of
from clustering.encoders.protocol import Prepared, Vectors, unit_rows
from clustering.encoders.towers import lighten
from clustering.settings import Dtype
from pairset.models.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from pairset.decoding import DecodedImage


def open_clip_encoder(choice: EncoderChoice) -> "OpenClip":
    """One that is chosen, both towers of it."""
    return OpenClip(choice.model, choice.weights, choice.dtype)


class OpenClip:
    """The towers of one open_clip model."""

    def __init__(self, model: str, weights: str, dtype: Dtype = "auto") -> None:
        fit_torch_companions()
        import open_clip

        self._name = model
        self._device = best_device()
        self._type = number_type(dtype, self._device)
        with fetching(weights, "open_clip"):
            self._model, self._preprocess = open_clip.create_model_from_pretrained(
                model, pretrained=weights, device=self._device
            )
        self._model.eval().visual.to(self._type)
        lighten(self._model.visual)
        self._transform = transform_of(open_clip.get_model_preprocess_cfg(self._model))
        size = self._model.visual.image_size
        self.side = max(size) if isinstance(size, tuple | list) else int(size)

    def prepare(self, image: "DecodedImage") -> Prepared:
        """The model's own transform, but for what comes after the pixels where we do that."""
        own = self._transform
        return (own.pixels(image.array) if own else self._preprocess(image.pixels),)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        """Unit vectors of prepared images."""
        pixels = torch.stack([view for (view,) in batch]).to(self._device)
        if self._transform:
            pixels = self._transform.normalised(pixels)
        return unit_rows(self._model.encode_image(pixels.to(self._type)).float().cpu().numpy())

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, from a tower that stays in the checkpoint's own numbers."""
        tokens = self._tokenizer(list(texts)).to(self._device)
        return unit_rows(self._model.encode_text(tokens).float().cpu().numpy())

    @cached_property
    def _tokenizer(self) -> "Callable[[list[str]], torch.Tensor]":
        import open_clip

        with fetching(self._name, "open_clip"):
            tokenizer: Callable[[list[str]], torch.Tensor] = open_clip.get_tokenizer(self._name)
        return tokenizer
