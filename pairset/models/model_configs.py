"""The sizes that a model's configuration names, held against the weights that come with it.

Engines make room for what a configuration says before they read a weight: a lie of a few bytes
asks for terabytes.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from pairset.models.weight_files import WeightFiles

_SIZES = re.compile(
    r"(size|dim|width|height|edge|hidden|channels|heads|labels|vocab|positions?|position_embeddings|"
    r"embd|experts|d_model|d_ff|pixels)$|^(num|n)_"
)
_LAYERS = re.compile(r"^(?!max_)(.*_)?(layers?|depths?|blocks?)$")
_LARGEST_SIZE = 1 << 26
_LARGEST_SIDE = 1 << 14
"""Pixels of a side that a picture is scaled to."""
_SLACK = 8
"""Weights may be packed: so many to a byte."""
_WIDTHS = ("hidden_size", "d_model", "n_embd", "embed_dim", "width")
_LENGTHS = ("vocab_size", "intermediate_size", "ffn_dim", "max_position_embeddings")
_DEPTHS = ("num_hidden_layers", "n_layer", "num_layers", "depth", "layers")
_FILES = re.compile(r"(_file|_path|_dir|^file|^path)$")
_NEVER_FOLLOWED = ("_name_or_path", "name_or_path", "special_tokens_map_file")
"""What models were made from: loading a folder leaves these alone."""


def check_sizes(config: dict[str, object], weights: WeightFiles) -> None:
    """Refuse sizes that these weights cannot have. Raises ValueError naming the first."""
    for name, value in _numbers(config):
        if _LAYERS.match(name) and value > weights.tensors:
            raise ValueError(f"{name} is {value:.4g}, and its files hold {weights.tensors} tensors")
        if (_LAYERS.match(name) or _SIZES.search(name)) and value > _LARGEST_SIZE:
            raise ValueError(f"{name} is {value:.4g}, which no model has")
    most = _SLACK * weights.size_bytes
    for part in _objects(config):
        for what, wanted in _products(part):
            if wanted > most:
                raise ValueError(
                    f"its configuration needs {wanted:.2g} weights for {what}, and its files have "
                    f"{weights.size_bytes:,} bytes"
                )


def check_picture_sizes(config: dict[str, object]) -> None:
    """Refuse a processor that scales pictures to absurd sizes. Raises ValueError."""
    counts_pixels = str(config.get("image_processor_type", "")).startswith("Qwen")
    for name, value in _numbers(config):
        if name in ("min_pixels", "shortest_edge") and counts_pixels:
            largest = _LARGEST_SIZE
        elif name in ("longest_edge", "max_pixels"):
            continue  # a bound, to which nothing is scaled up
        else:
            largest = _LARGEST_SIDE
        if _SIZES.search(name) and value > largest:
            raise ValueError(f"{name} is {value:.4g}: no picture is scaled to that")


def check_places(config: dict[str, object], folder: Path) -> None:
    """Refuse a configuration that names files elsewhere. Raises ValueError naming the first.

    Paths of its maker's machine are left in many; what is not there cannot be read.
    """
    root = folder.resolve()
    for part in _objects(config):
        for name, value in part.items():
            if name in _NEVER_FOLLOWED or not _FILES.search(name) or not isinstance(value, str):
                continue
            if _leads_out(value, root):
                raise ValueError(f"{name} names {value[:100]!r}, which lies outside the folder")


def _leads_out(value: str, root: Path) -> bool:
    if "\0" in value:
        return True
    try:
        place = root / Path(value).expanduser()
        return os.path.lexists(place) and not place.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # too long a name, a loop of links
        return True


def _products(part: dict[str, object]) -> Iterator[tuple[str, int]]:
    """Weights that a part of a model cannot do without, by the settings they follow from."""
    width = max((size for name in _WIDTHS if (size := _size(part.get(name)))), default=0)
    for name in _DEPTHS:
        yield f"{name} × width²", _size(part.get(name)) * width**2
    for name in _LENGTHS:
        yield f"{name} × width", _size(part.get(name)) * width
    patch = _size(part.get("patch_size"))
    if patch:
        yield "image_size and patch_size", (_size(part.get("image_size")) // patch) ** 2 * width


def _size(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _numbers(document: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number with the nearest name above it."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _numbers(value, key)
    elif isinstance(document, list):
        for value in document:
            yield from _numbers(value, name)
    elif isinstance(document, int | float) and not isinstance(document, bool):
        yield name, document


def _objects(document: object) -> Iterator[dict[str, object]]:
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from _objects(value)
    elif isinstance(document, list):
        for value in document:
            yield from _objects(value)
