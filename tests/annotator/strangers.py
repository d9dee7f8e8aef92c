"""Models and adapters as a stranger might hand them over: the starter, with something wrong."""

import json
import shutil
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from annotator.weights.lora_adapters import shipped_adapter
from annotator.weights.models import starter_folder

Change = Callable[[Path], object]


def copied_model(folder: Path) -> Path:
    """The starter under another name: a sound checkpoint."""
    return Path(shutil.copytree(starter_folder(), folder))


def copied_adapter(folder: Path) -> Path:
    """The starter's own adapter without its card."""
    source = shipped_adapter("starter-wider")
    assert source
    shutil.copytree(source, folder)
    (folder / "card.json").unlink()
    return folder


def says(name: str, **fields: Any) -> Change:
    """Other values in a JSON file, at any depth: ``text_config__hidden_size=1``."""

    def change(folder: Path) -> None:
        path = folder / name
        document = json.loads(path.read_text()) if path.exists() else {}
        for key, value in fields.items():
            *parts, last = key.split("__")
            place = document
            for part in parts:
                place = place.setdefault(part, {})
            place[last] = value
        path.write_text(json.dumps(document))

    return change


def holds(name: str, content: bytes | str) -> Change:
    """Another content of a file."""

    def change(folder: Path) -> None:
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)

    return change


def links(name: str, target: str) -> Change:
    """A file that is a link."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

    return change


def without(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


def tensors(name: str, header: dict[str, Any] | bytes, data: bytes = b"") -> Change:
    """A safetensors file with a header of its own."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return holds(name, struct.pack("<Q", len(text)) + text + data)


def tensor(shape: Sequence[float], begin: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
