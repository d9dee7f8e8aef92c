"""A set of drawn pairs, annotated: a disc appears, and the model names its colour."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from pairset.formats.masks import encode_mask
from pairset.records import Annotation, Image, Pair, table_of
from pairset.records.ids import content_id
from pairset.records.image import image_id_of
from pairset.records.pair import PairStatus, pair_id_of
from pairset.store import PairSet, create_set

WIDTH, HEIGHT = 320, 240
DISC_BOX = (200, 40, 280, 120)
OTHER_WORDS = "Put a disc into the sky."
"""What another model said of every pair."""
_COLOURS = (("red", "红色"), ("green", "绿色"), ("blue", "蓝色"), ("orange", "橙色"))


def make_annotated_set(folder: Path, pairs: int) -> PairSet:
    """So many kept pairs, each with an annotation; confidence grows from pair to pair."""
    pair_set = create_set(str(folder / "set"))
    photos = folder / "photos"
    photos.mkdir(parents=True)
    rows = [_draw_pair(photos, number) for number in range(pairs)]
    images = [image for drawn in rows for image in drawn[1]]
    kept = [drawn[0] for drawn in rows]
    pair_set.stage("images").write("00000", table_of(Image, images))
    pair_set.stage("pairs", "drawn").write("00000", table_of(Pair, kept))
    pair_set.publish("pairs", "drawn")
    annotations = [_annotate(pair, number, pairs) for number, pair in enumerate(kept)]
    pair_set.stage("annotations", "drawn").write("00000", table_of(Annotation, annotations))
    pair_set.publish("annotations", "drawn")
    others = [_by_another(annotation) for annotation in annotations]
    pair_set.stage("annotations", "other").write("00000", table_of(Annotation, others))
    return pair_set


def _draw_pair(folder: Path, number: int) -> tuple[Pair, tuple[Image, Image]]:
    noise = np.random.default_rng(number).integers(60, 200, (6, 8, 3), dtype=np.uint8)
    source = Pillow.fromarray(noise).resize((WIDTH, HEIGHT), Pillow.Resampling.BICUBIC)
    target = source.copy()
    colour = _COLOURS[number % len(_COLOURS)][0]
    ImageDraw.Draw(target).ellipse(DISC_BOX, fill=colour, outline="white", width=4)
    before, after = (
        _save(picture, folder / f"{number:03}-{role}.png")
        for picture, role in ((source, "before"), (target, "after"))
    )
    mask = np.zeros((HEIGHT // 4, WIDTH // 4), dtype=bool)
    mask[10:30, 50:70] = True
    pair = Pair(
        pair_id=pair_id_of(before.image_id, after.image_id),
        reverse_pair_id=pair_id_of(after.image_id, before.image_id),
        source_id=before.image_id,
        target_id=after.image_id,
        source_uri=before.uri,
        target_uri=after.uri,
        cluster=f"scene-{number}",
        similarity=0.9,
        change_fraction=0.06,
        change_components=1,
        change_box=list(DISC_BOX),
        change_mask_size=list(mask.shape),
        change_mask=encode_mask(mask),
        status=PairStatus.KEPT,
    )
    return pair, (before, after)


def _save(picture: Pillow.Image, path: Path) -> Image:
    picture.save(path)
    encoded = path.read_bytes()
    return Image(image_id_of(encoded), str(path), WIDTH, HEIGHT, "PNG", "RGB", len(encoded))


def _annotate(pair: Pair, number: int, pairs: int) -> Annotation:
    english, chinese = _COLOURS[number % len(_COLOURS)]
    return Annotation(
        annotation_id=content_id("annotation", pair.pair_id, "drawer"),
        pair_id=pair.pair_id,
        model="drawer",
        adapter=None,
        prompt_id="p1",
        engine="vllm",
        attempt=1,
        instruction_en=f"Add a {english} disc at the top right.",
        instruction_zh=f"在右上角添加一个{chinese}圆盘。",
        inverse_en=f"Remove the {english} disc at the top right.",
        inverse_zh=f"移除右上角的{chinese}圆盘。",
        edit_type="add",
        is_changed=True,
        confidence=(number + 1) / (pairs + 2),
        finish_reason="stop",
    )


def _by_another(annotation: Annotation) -> Annotation:
    return replace(
        annotation,
        annotation_id=content_id("annotation", annotation.pair_id, "another"),
        model="another",
        instruction_en=OTHER_WORDS,
    )
