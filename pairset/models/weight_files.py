"""The files of weights in a folder that somebody else made, looked at before anything is loaded."""

import os
from dataclasses import dataclass
from pathlib import Path

from pairset.files.documents import read_object

INDEX = "model.safetensors.index.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_MOST_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class WeightFiles:
    """What files of weights hold, by their headers."""

    names: tuple[str, ...]
    """Of the tensors, in no order that means anything."""
    numbers: int
    """Elements of all tensors together."""
    size_bytes: int

    @property
    def tensors(self) -> int:
        """How many tensors there are; parts of a checkpoint that repeat one count it twice."""
        return len(self.names)


def check_links(folder: Path) -> None:
    """Refuse links that lead out of a folder. Raises ValueError naming the first.

    A snapshot of the hub's cache is links into the folder ``blobs`` beside it; those may stay.
    """
    root = folder.resolve()
    allowed = [root]
    if root.parent.name == "snapshots":
        allowed.append(root.parent.parent / "blobs")
    entries = 0
    for place, folders, names in os.walk(root):
        entries += len(folders) + len(names)
        if entries > _MOST_ENTRIES:
            raise ValueError(f"it holds more than {_MOST_ENTRIES} files, which no model does")
        for name in (*folders, *names):
            path = Path(place, name)
            if path.is_symlink() and not _is_within(path, allowed):
                raise ValueError(f"{path.relative_to(root)} is a link that leads out of the folder")


def _is_within(path: Path, allowed: list[Path]) -> bool:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # it leads nowhere, or to itself
        return False
    return any(target.is_relative_to(place) for place in allowed)


def checkpoint_weights(folder: Path) -> WeightFiles:
    """Look into all safetensors files of a checkpoint.

    Raises ValueError where there are none, where one that its index names is missing or lies
    elsewhere, and where a header does not fit its file.
    """
    named = _named_in_index(folder)
    absent = [name for name in named if not (folder / name).is_file()]
    if absent:
        raise ValueError(f"missing: {', '.join(absent[:10])}")
    found = sorted(path.name for path in folder.glob("*.safetensors") if path.is_file())
    if found:
        return _together([read_header(folder / name) for name in sorted({*found, *named})])
    pickled = sorted(path.name for path in folder.iterdir() if path.suffix in _PICKLES)
    if pickled:
        raise ValueError(
            f"its weights are pickled ({pickled[0]}), which can run code: they must be converted "
            "to safetensors"
        )
    raise ValueError("no weights: no file ends in .safetensors")


def read_header(path: Path) -> WeightFiles:
    """Check a safetensors file by its header, as the library does before it reads a tensor.

    Raises ValueError where types, shapes, places and the size of the file do not fit together.
    """
    from safetensors import SafetensorError, safe_open

    numbers = 0
    try:
        with safe_open(path, framework="numpy") as file:
            names = tuple(file.keys())
            for name in names:
                numbers += _elements(file.get_slice(name).get_shape())
    except (SafetensorError, OSError, ValueError, OverflowError, MemoryError) as error:
        raise ValueError(f"{path.name} is no safetensors file: {error}") from error
    return WeightFiles(names, numbers, path.stat().st_size)


def _elements(shape: list[int]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def _named_in_index(folder: Path) -> list[str]:
    """The files that a checkpoint in several parts says it has."""
    index = folder / INDEX
    if not index.is_file():
        return []
    parts = read_object(index).get("weight_map")
    if not isinstance(parts, dict) or not parts:
        raise ValueError(f"{INDEX}: weight_map is no object of file names")
    for name in parts.values():
        plain = isinstance(name, str) and name == Path(name).name
        if not plain or not name.endswith(".safetensors"):
            raise ValueError(f"{INDEX} names {str(name)[:100]!r}, no safetensors file beside it")
    return sorted(set(parts.values()))


def _together(files: list[WeightFiles]) -> WeightFiles:
    return WeightFiles(
        tuple(name for each in files for name in each.names),
        sum(each.numbers for each in files),
        sum(each.size_bytes for each in files),
    )
