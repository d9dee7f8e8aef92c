"""From JPEG to vector: our pipeline beside open_clip's own transform and fp32 model, in turns.

    python -m benchmarks.embedding           # three sizes of photographs; --quick: one

The model is a ViT-B-32 of random but fixed weights: no hub is needed, and time does not depend on
weights. Vectors of random weights lie close together whatever they show, so cosines are also given
after the mean over the photographs is taken off both sides. What reduced decoding does to trained
features is shown with lite0, whose weights are real.
"""

import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from clustering.corpus.scan import image_row
from clustering.embed import Batches, embed
from clustering.encoders import Encoder, Vectors
from clustering.encoders.protocol import unit_rows
from pairset.app.demo.photo_squares import photograph
from pairset.decoding import decode
from pairset.rows.places import PlacedImage
from pairset.sources import Found

PHOTOS = (
    *(("skimage", f"data/{name}") for name in ("astronaut.png", "coffee.png", "chelsea.png")),
    *(("skimage", f"data/{name}") for name in ("hubble_deep_field.jpg", "rocket.jpg")),
    *(("skimage", f"data/{name}") for name in ("motorcycle_left.png", "ihc.png", "retina.jpg")),
    *(("sklearn", f"datasets/images/{name}") for name in ("china.jpg", "flower.jpg")),
)
SIDES = (512, 1024, 2048)
IMAGES, BATCH, ROUNDS = 32, 32, 3
MODEL = "ViT-B-32"


def main(quick: bool) -> None:
    print(json.dumps(figures(quick)))


def figures(quick: bool = False) -> dict[str, Any]:
    """Speed-ups in images per core-second by size, and the smallest cosines over all sizes."""
    with tempfile.TemporaryDirectory() as folder:
        reference, ours = _models(Path(folder))
        found = [_one_size(Path(folder), side, reference, ours) for side in _sides(quick)]
        lite0 = [_reduced_decoding(Path(folder), side) for side in _sides(quick)]
        scanned = {str(side): _scan_rate(Path(folder), side) for side in _sides(quick)}
    print(f"lite0, reduced decoding against whole: least cosine {min(lite0):.5f}")
    return {
        "embed_speedup": min(row["speedup"] for row in found),
        "embed_speedup_by_side": {str(int(row["side"])): row["speedup"] for row in found},
        "embed_images_per_core_second": found[0]["ours"],
        "embed_min_cosine": min(row["cosine"] for row in found),
        "embed_min_cosine_centred": min(row["centred"] for row in found),
        "embed_min_cosine_lite0": min(lite0),
        "scan_images_per_core_second_by_side": scanned,
    }


def _sides(quick: bool) -> tuple[int, ...]:
    return SIDES[:1] if quick else SIDES


def _models(folder: Path) -> tuple[Any, Encoder]:
    """open_clip's model and transform, and our encoder, both from one checkpoint."""
    from clustering.encoders.open_clip import OpenClip
    from pairset.models.torch_companions import fit_torch_companions

    fit_torch_companions()
    import open_clip
    import torch

    torch.manual_seed(0)
    checkpoint = str(folder / "clip.pt")
    torch.save(open_clip.create_model(MODEL).state_dict(), checkpoint)
    ours = OpenClip(MODEL, checkpoint)  # sets one thread
    model, transform = open_clip.create_model_from_pretrained(MODEL, pretrained=checkpoint)
    return (model.eval(), transform), ours


def _one_size(folder: Path, side: int, reference: Any, ours: Encoder) -> dict[str, float]:
    paths = list(_jpegs(folder, side))
    ways: dict[str, Callable[[], Vectors]] = {
        "reference": lambda: _by_open_clip(paths, *reference),
        "ours": lambda: _by_us(paths, ours),
    }
    vectors = {name: way() for name, way in ways.items()}  # a first turn, not timed
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.process_time()
            way()
            seconds[name].append(time.process_time() - start)
    rate = {name: IMAGES / statistics.median(each) for name, each in seconds.items()}
    mean = vectors["reference"].mean(axis=0)
    centred = [unit_rows(each - mean) for each in vectors.values()]
    row = {
        "side": side,
        **rate,
        "speedup": rate["ours"] / rate["reference"],
        "cosine": _least_cosine(*vectors.values()),
        "centred": _least_cosine(*centred),
    }
    print("  ".join(f"{name} {value:.5g}" for name, value in row.items()), flush=True)
    return row


def _least_cosine(first: Vectors, second: Vectors) -> float:
    return float((unit_rows(first) * unit_rows(second)).sum(axis=1).min())


def _by_open_clip(paths: list[str], model: Any, transform: Any) -> Vectors:
    import torch

    with torch.inference_mode():
        batch = torch.stack([transform(Pillow.open(path)) for path in paths])
        return unit_rows(model.encode_image(batch).numpy())


def _by_us(paths: list[str], encoder: Encoder) -> Vectors:
    images = [PlacedImage(None, (path,)) for path in paths]
    batches = Batches(encoder, images, BATCH)
    return np.array([row.vector for batch in batches for row in embed(encoder, batch)], np.float32)


def _reduced_decoding(folder: Path, side: int) -> float:
    """Least cosine of lite0's vectors, of pictures decoded as they are and at a reduced scale."""
    from clustering.encoders.lite0 import Lite0

    encoder, paths = Lite0(), list(_jpegs(folder, side))
    whole = [encoder.prepare(decode(Path(path).read_bytes())) for path in paths]
    return _least_cosine(encoder.encode(whole), _by_us(paths, encoder))


def _scan_rate(folder: Path, side: int) -> float:
    """Images decoded whole, hashed and made rows in a second of CPU time."""
    found = [Found(path, Path(path).read_bytes()) for path in _jpegs(folder, side)]
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        rows = [image_row(each) for each in found]
        seconds.append(time.process_time() - start)
        assert all(row.usable for row in rows)
    return IMAGES / statistics.median(seconds)


def _jpegs(folder: Path, side: int) -> Iterator[str]:
    """Squares and strips of the photographs, ``side`` pixels along the longer side."""
    for number in range(IMAGES):
        with Pillow.open(photograph(*PHOTOS[number % len(PHOTOS)])) as opened:
            photo = opened.convert("RGB")
        width, height = photo.size
        part = 1 - 0.15 * (number // len(PHOTOS))
        corner = (width * (1 - part) * (number % 2), height * (1 - part) * (number % 3) / 2)
        box = (*corner, corner[0] + width * part, corner[1] + height * part)
        scale = side / max(width, height)
        size = round(width * scale), round(height * scale)
        path = folder / f"{side}-{number}.jpg"
        encoded = io.BytesIO()
        photo.resize(size, Pillow.Resampling.BICUBIC, box=box).save(encoded, "JPEG", quality=90)
        path.write_bytes(encoded.getvalue())
        yield str(path)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main("--quick" in sys.argv[1:])
