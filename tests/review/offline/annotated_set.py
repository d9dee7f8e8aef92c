"""A set that is ready for triage: drawn pairs, each with an instruction and a confidence."""

import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from pairset.formats.masks import encode_mask
from pairset.records import Annotation, Image, Pair, table_of
from pairset.records.ids import content_id
from pairset.records.image import image_id_of
from pairset.records.pair import PairStatus, pair_id_of
from pairset.store import PairSet, create_set

SIZE = (96, 64)
MODEL, ADAPTER = "seer", "lora-2"
PICTURES = 8


def make_annotated_set(folder: Path, pairs: int, shard: int = 1_000) -> PairSet:
    """So many kept pairs of few files; confidence rises from 0 to almost 1, pair by pair."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [_picture(folder, number) for number in range(PICTURES)]
    pair_set = create_set(str(folder / "set"))
    rows = [pair_of(number, files) for number in range(pairs)]
    pair_set.stage("images").write("00000", table_of(Image, _images(rows)))
    write_pairs(pair_set, rows)
    for start in range(0, pairs, shard):
        annotations = [
            annotation_of(pair, number / pairs)
            for number, pair in enumerate(rows[start : start + shard], start)
        ]
        write_annotations(pair_set, annotations)
    return pair_set


def write_pairs(pair_set: PairSet, pairs: list[Pair], key: str = "drawn") -> None:
    pair_set.stage("pairs", key).write("00000", table_of(Pair, pairs))
    pair_set.publish("pairs", key)


def write_annotations(
    pair_set: PairSet, annotations: list[Annotation], key: str = "seer-run"
) -> None:
    name = content_id("shard", *(annotation.annotation_id for annotation in annotations))
    pair_set.stage("annotations", key).write(name, table_of(Annotation, annotations))
    pair_set.publish("annotations", key)


def pair_of(number: int, files: list[Path]) -> Pair:
    source, target = (
        _copy(files[place % len(files)], place, f"{role}{number}")
        for place, role in ((number, "s"), (number + 1, "t"))
    )
    source_id, target_id = (
        image_id_of(_bytes_of(place, f"{role}{number}"))
        for place, role in ((number, "s"), (number + 1, "t"))
    )
    mask = np.zeros((32, 48), dtype=bool)
    mask[8:16, 12:24] = True
    return Pair(
        pair_id=pair_id_of(source_id, target_id),
        reverse_pair_id=pair_id_of(target_id, source_id),
        source_id=source_id,
        target_id=target_id,
        source_uri=str(source),
        target_uri=str(target),
        cluster=f"scene-{number}",
        similarity=0.9,
        change_fraction=0.06,
        change_components=1,
        change_box=[24, 16, 48, 32],
        change_mask_size=[32, 48],
        change_mask=encode_mask(mask),
        status=PairStatus.KEPT,
    )


def annotation_of(pair: Pair, confidence: float | None, adapter: str | None = None) -> Annotation:
    return Annotation(
        annotation_id=content_id("annotation", pair.pair_id, adapter or ""),
        pair_id=pair.pair_id,
        model=MODEL,
        adapter=adapter,
        prompt_id="0123456789",
        engine="vllm",
        attempt=1,
        instruction_en="Paint the square red.",
        instruction_zh="把方块涂成红色。",
        inverse_en="Paint the square blue.",
        inverse_zh="把方块涂成蓝色。",
        edit_type="recolor",
        is_changed=True,
        confidence=confidence,
    )


def failed(annotation: Annotation) -> Annotation:
    return replace(
        annotation,
        instruction_en=None,
        is_changed=None,
        confidence=None,
        error_code="truncated",
        error="the reply was cut off",
    )


def _images(pairs: list[Pair]) -> list[Image]:
    width, height = SIZE
    uris = {pair.source_id: pair.source_uri for pair in pairs}
    uris |= {pair.target_id: pair.target_uri for pair in pairs}
    return [Image(image_id, uri, width, height) for image_id, uri in uris.items()]


def _copy(picture: Path, place: int, role: str) -> Path:
    """Another file, with an id of its own, that shows the same; none where no folder is."""
    path = picture.with_name(f"{role}-{picture.name}")
    if picture.parent.name and picture.parent.exists():
        path.write_bytes(_bytes_of(place, role))
    return path


def _picture(folder: Path, number: int) -> Path:
    path = folder / f"{number}.png"
    path.write_bytes(_bytes_of(number, ""))
    return path


@cache
def _bytes_of(place: int, role: str) -> bytes:
    noise = np.random.default_rng(place % PICTURES).integers(0, 255, (4, 6, 3), dtype=np.uint8)
    encoded = io.BytesIO()
    Pillow.fromarray(noise).resize(SIZE, Pillow.Resampling.BICUBIC).save(encoded, "PNG")
    return encoded.getvalue() + role.encode()
