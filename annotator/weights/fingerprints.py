"""Content ids of folders of weights, cheap enough for models of many gigabytes."""

import os
from pathlib import Path

from pairset.records.ids import content_id

_SAMPLE_BYTES = 1 << 20
_PARTS_OF_A_MODEL = (".safetensors", ".json", ".jinja", ".txt", ".model", ".bin")


def fingerprint(folder: Path) -> str:
    """Name a folder of weights after its content.

    Hashes each file's name, size, first and last mebibyte: training moves all weights, so a
    changed model is seen without reading all of it.
    """
    parts: list[str | bytes] = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix in _PARTS_OF_A_MODEL:
            parts += [path.name, str(path.stat().st_size), _sample(path)]
    return content_id("weights", *parts)


def _sample(path: Path) -> bytes:
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(_SAMPLE_BYTES)
        file.seek(max(0, size - _SAMPLE_BYTES), os.SEEK_SET)
        return start + file.read(_SAMPLE_BYTES)
