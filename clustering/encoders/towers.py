"""open_clip's plain vision transformers, with the same vectors for less work."""

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from clustering.encoders.device import has_x86_bfloat16

if TYPE_CHECKING:
    from open_clip.transformer import ResidualAttentionBlock
    from torch import Tensor


def lighten(tower: nn.Module) -> None:
    """Let a tower do no more than its class token needs, and bfloat16 in the way a CPU likes.

    Towers that are no plain vision transformers stay as they are.
    """
    from open_clip.transformer import ResidualAttentionBlock, VisionTransformer

    if not isinstance(tower, VisionTransformer):
        return
    blocks = tower.transformer.resblocks
    if not all(isinstance(block, ResidualAttentionBlock) for block in blocks):
        return
    weight = tower.conv1.weight
    if weight.device.type == "cpu" and weight.dtype == torch.bfloat16:
        tower.conv1 = Patches(tower.conv1)
        for block in blocks if has_x86_bfloat16() else ():
            if isinstance(block.mlp.gelu, nn.GELU):  # oneDNN has no QuickGELU
                block.mlp = BlockedMlp(block.mlp)
    reads_one_token = tower.pool_type == "tok" and not tower.output_tokens
    if reads_one_token and tower.attn_pool is None and tower.transformer.batch_first:
        blocks[-1] = ClassTokenBlock(blocks[-1])


class ClassTokenBlock(nn.Module):
    """A last block of attention that computes its first token alone: a twelfth less in twelve."""

    def __init__(self, whole: "ResidualAttentionBlock") -> None:
        super().__init__()
        self.whole = whole

    def forward(self, tokens: "Tensor", attn_mask: "Tensor | None" = None) -> "Tensor":
        """Images × tokens × width in, images × 1 × width out."""
        block, normed = self.whole, self.whole.ln_1(tokens)
        seen, _ = block.attn(normed[:, :1], normed, normed, need_weights=False, attn_mask=attn_mask)
        first: Tensor = tokens[:, :1] + block.ls_1(seen)
        last: Tensor = first + block.ls_2(block.mlp(block.ln_2(first)))
        return last


class BlockedMlp(nn.Module):
    """A perceptron that stays in oneDNN's own layout from one product to the next.

    So its biases are added within the products and its GELU is oneDNN's. Takes over the weights.
    """

    def __init__(self, whole: Any) -> None:
        super().__init__()
        self.whole = whole
        for linear in (whole.c_fc, whole.c_proj):
            linear.weight = nn.Parameter(linear.weight.detach().to_mkldnn(), requires_grad=False)

    def forward(self, tokens: "Tensor") -> "Tensor":
        """Images × tokens × width in and out."""
        within: Tensor = self.whole(tokens.to_mkldnn())
        return within.to_dense()


class Patches(nn.Module):
    """A convolution whose patches do not overlap, as the one product that it is."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias = convolution.weight, convolution.bias

    def forward(self, pixels: "Tensor") -> "Tensor":
        """Images × 3 × height × width in, images × width of the tower × rows × columns out."""
        down, across = self.weight.shape[2:]
        rows, columns = pixels.shape[2] // down, pixels.shape[3] // across
        parted = pixels.reshape(*pixels.shape[:2], rows, down, columns, across)
        patches = parted.permute(0, 2, 4, 1, 3, 5).flatten(3)
        return nn.functional.linear(patches, self.weight.flatten(1), self.bias).permute(0, 3, 1, 2)
