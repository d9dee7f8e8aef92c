"""Any model of the open_clip library, by hub tag or with a local checkpoint."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from clustering.encoders.device import best_device, number_type
from clustering.encoders.hub import fetching
from clustering.encoders.protocol import Prepared, Vectors, unit_rows
from clustering.settings import Precision
from pairset.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from PIL.Image import Image


class OpenClip:
    """The towers of one open_clip model."""

    def __init__(self, model: str, weights: str, precision: Precision = "auto") -> None:
        fit_torch_companions()
        import open_clip

        self._name = model
        self._device = best_device()
        self._type = number_type(precision, self._device)
        with fetching(weights, "open_clip"):
            self._model, self._preprocess = open_clip.create_model_from_pretrained(
                model, pretrained=weights, device=self._device
            )
        self._model.eval().visual.to(self._type)
        _shorten(self._model.visual)
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

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, from a tower that stays in the checkpoint's own numbers."""
        tokens = self._tokenizer(list(texts)).to(self._device)
        return unit_rows(self._model.encode_text(tokens).float().cpu().numpy())

    @cached_property
    def _tokenizer(self) -> Any:
        import open_clip

        with fetching(self._name, "open_clip"):
            return open_clip.get_tokenizer(self._name)


def _shorten(tower: Any) -> None:
    """Let a plain vision transformer end with the one token that is read of it.

    The same vector for a twelfth less work in a tower of twelve blocks; other towers stay as
    they are.
    """
    from open_clip.transformer import ResidualAttentionBlock, VisionTransformer

    if not isinstance(tower, VisionTransformer) or tower.pool_type != "tok" or tower.output_tokens:
        return
    blocks = tower.transformer.resblocks
    plain = isinstance(blocks[-1], ResidualAttentionBlock)
    if plain and tower.attn_pool is None and tower.transformer.batch_first:
        blocks[-1] = ClassTokenBlock(blocks[-1])


class ClassTokenBlock(torch.nn.Module):
    """A last block of attention that computes its first token alone."""

    def __init__(self, whole: Any) -> None:
        super().__init__()
        self.whole = whole

    def forward(self, tokens: torch.Tensor, attn_mask: torch.Tensor | None = None) -> torch.Tensor:
        """Images × tokens × width in, images × 1 × width out."""
        block, normed = self.whole, self.whole.ln_1(tokens)
        seen, _ = block.attn(normed[:, :1], normed, normed, need_weights=False, attn_mask=attn_mask)
        first: torch.Tensor = tokens[:, :1] + block.ls_1(seen)
        last: torch.Tensor = first + block.ls_2(block.mlp(block.ln_2(first)))
        return last
