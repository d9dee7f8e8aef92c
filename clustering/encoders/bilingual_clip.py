"""AltCLIP and Chinese-CLIP through transformers: CLIPs that know English and Chinese."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

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
    from transformers import BatchEncoding

    from pairset.decoding import DecodedImage

_CLASSES = {"altclip": "AltCLIPModel", "chinese_clip": "ChineseCLIPModel"}

_UNUSED = ("text_", "logit_scale")
"""The text towers, where only images are encoded."""


def open_images(choice: EncoderChoice) -> "BilingualClip":
    """The image tower of one that is chosen."""
    return BilingualClip(choice.kind, choice.model, choice.dtype)


def open_images_and_texts(choice: EncoderChoice) -> "BilingualClip":
    """Both its towers."""
    return BilingualClip(choice.kind, choice.model, choice.dtype, reads_text=True)


class BilingualClip:
    """The image tower of one of them, and its text tower where that is asked for."""

    def __init__(
        self, kind: str, model: str, dtype: Dtype = "auto", reads_text: bool = False
    ) -> None:
        fit_torch_companions()
        import transformers

        self._kind, self._name = kind, model
        self._device = best_device()
        self._type = number_type(dtype, self._device)
        with fetching(model, kind):
            load: Callable[..., ImageProcessor] = transformers.AutoImageProcessor.from_pretrained
            self._processor = load(model)
            may_lack = ("logit_scale",) if reads_text else _UNUSED
            loaded = load_whole(getattr(transformers, _CLASSES[kind]), model, may_lack=may_lack)
        self._model = loaded.eval().to(self._device, self._type)
        self.side = least_side(self._processor)

    def prepare(self, image: "DecodedImage") -> Prepared:
        """The model's own transform."""
        return prepared(self._processor, image.pixels)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        """Unit vectors of prepared images."""
        pixels = torch.stack([view for (view,) in batch]).to(self._device, self._type)
        return _unit(self._model.get_image_features(pixel_values=pixels))

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, where it was opened to read them."""
        tokens = self._tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")
        return _unit(self._model.get_text_features(**tokens.to(self._device)))

    @cached_property
    def _tokenizer(self) -> "Callable[..., BatchEncoding]":
        from transformers import AutoTokenizer

        load: Callable[..., Callable[..., BatchEncoding]] = AutoTokenizer.from_pretrained
        with fetching(self._name, self._kind):
            return load(self._name)


def _unit(features: Any) -> Vectors:
    if not isinstance(features, torch.Tensor):  # newer transformers wrap them
        features = features.pooler_output
    return unit_rows(features.float().cpu().numpy())
