"""What the frozen vision tower makes of pictures: once for each example, not in every epoch.

LoRA adapts the language layers alone, so that a picture looks the same at every step. What is kept
of it is also smaller than its pixels.
"""

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from peft import PeftModel

_PIXELS = "pixel_values"
_GRID = "image_grid_thw"
_FEATURES = "picture_features"
_DEEPER = "picture_features_of_layer_"
"""Qwen3-VL's, which enter the language model's first layers as well."""

Prompt = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class PictureFeatures:
    """What transformers calls the outputs of an encoder, as far as the models read them."""

    pooler_output: Tensor | tuple[Tensor, ...]
    deepstack_features: list[tuple[Tensor, ...]]


def can_look(model: "PeftModel") -> bool:
    """Whether the base of a PEFT model takes pictures that its tower has seen already."""
    return "mm_encoder_outputs" in inspect.signature(model.get_base_model().forward).parameters


@torch.no_grad()
def look(model: "PeftModel", prompt: Prompt) -> Prompt:
    """The prompt with features, (tokens, width) or (tiles, tokens, width), in place of pixels."""
    was_training = model.training
    model.eval()
    asked = {name: prompt[name].to(model.device) for name in (_PIXELS, _GRID) if name in prompt}
    base = model.get_base_model()
    seen = base.get_image_features(**asked, return_dict=True)  # type: ignore[operator]
    model.train(was_training)
    deeper = getattr(seen, "deepstack_features", None) or []
    return {
        **{name: tensor for name, tensor in prompt.items() if name != _PIXELS},
        _FEATURES: _end_to_end(seen.pooler_output),
        **{f"{_DEEPER}{layer}": _end_to_end(each) for layer, each in enumerate(deeper)},
    }


def forward_inputs(inputs: Prompt) -> dict[str, object]:
    """What the model's forward takes, pixels or features in it."""
    if _FEATURES not in inputs:
        return dict(inputs)
    features = inputs[_FEATURES]
    seen = PictureFeatures(
        # Towers without tiles return a sequence with a tensor for each picture.
        pooler_output=(features,) if features.dim() == 2 else features,
        deepstack_features=[(each,) for name, each in inputs.items() if name.startswith(_DEEPER)],
    )
    rest = {name: each for name, each in inputs.items() if not name.startswith(_FEATURES)}
    return {**rest, "mm_encoder_outputs": {"image": seen}}


def _end_to_end(features: Tensor | tuple[Tensor, ...]) -> Tensor:
    whole = features if isinstance(features, Tensor) else torch.cat(list(features))
    return whole.cpu()
