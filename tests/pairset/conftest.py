"""A small set built by hand: photos, broken files, pairs of every status, a retried annotation."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image as Pillow

from pairset.formats.masks import encode_mask
from pairset.records import Annotation, Cluster, Image, Pair, rows_of, table_of
from pairset.records.ids import content_id
from pairset.records.image import image_id_of
from pairset.records.pair import GATES, PairStatus, pair_id_of
from pairset.store import PairSet, create_set

HOSTILE = '<script>alert("x")</script> & <b>bold</b>'
EDITS = (
    ("recolor", "Paint the square red.", "把方块涂成红色。", 0.91),
    ("add", "Add a circle on the left.", "在左边加一个圆。", 0.42),
    ("recolor", HOSTILE, "把<b>方块</b>涂成蓝色。", 0.73),
    ("none", None, None, 0.08),
)


def draw_photo(seed: int) -> Pillow.Image:
    """A picture unlike any of another seed: smooth noise."""
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Pillow.fromarray(noise).resize((160, 120), Pillow.Resampling.BICUBIC)


def scan_photo(folder: Path, seed: int) -> Image:
    """Draw a photo, save it, and say what a scan would say of it."""
    path = folder / f"photo-{seed:02}.png"
    draw_photo(seed).save(path)
    encoded = path.read_bytes()
    return Image(
        image_id=image_id_of(encoded),
        uri=str(path),
        width=160,
        height=120,
        format="PNG",
        mode="RGB",
        byte_size=len(encoded),
    )


def pair_of(source: Image, target: Image, status: PairStatus) -> Pair:
    """A measured pair whose upper left quarter changed."""
    mask = np.zeros((30, 40), dtype=bool)
    mask[:15, :20] = True
    return Pair(
        pair_id=pair_id_of(source.image_id, target.image_id),
        reverse_pair_id=pair_id_of(target.image_id, source.image_id),
        source_id=source.image_id,
        target_id=target.image_id,
        source_uri=source.uri,
        target_uri=target.uri,
        cluster="0-1",
        similarity=0.875,
        phash_distance=6,
        structure_correlation=0.75,
        ssim=0.5,
        change_fraction=0.25,
        change_components=1,
        change_box=[0, 0, 80, 60],
        change_mask_size=[30, 40],
        change_mask=encode_mask(mask),
        status=status,
    )


def annotation_of(
    pair: Pair, edit: tuple[str, str | None, str | None, float], model: str = "starter"
) -> Annotation:
    """What a model wrote about a pair at its first attempt."""
    edit_type, english, chinese, confidence = edit
    return Annotation(
        annotation_id=content_id("annotation", pair.pair_id, model),
        pair_id=pair.pair_id,
        model=model,
        adapter=None,
        prompt_id="p1",
        engine="vllm",
        attempt=1,
        instruction_en=english,
        instruction_zh=chinese,
        inverse_en=english and "Undo it.",
        inverse_zh=chinese and "复原。",
        edit_type=edit_type,
        is_changed=english is not None,
        source_caption="a pattern",
        target_caption="a pattern with a square",
        confidence=confidence,
        finish_reason="stop",
    )


def failed(annotation: Annotation, code: str) -> Annotation:
    """The same attempt, had it failed."""
    return replace(
        annotation,
        instruction_en=None,
        instruction_zh=None,
        inverse_en=None,
        inverse_zh=None,
        edit_type=None,
        is_changed=None,
        confidence=None,
        error_code=code,
        error=f"the reply was {code}",
    )


def fill_images(pair_set: PairSet, photos: list[Image]) -> None:
    broken = [
        Image(content_id("image", code), f"/gone/{code}.jpg", error_code=code, error=code)
        for code in ("truncated", "truncated", "empty")
    ]
    stage = pair_set.stage("images")
    places = [photos[0].uri, photos[1].uri, photos[6].uri]
    stage.write("plan-0000", pa.table({"shard": ["00000", "00000", "00001"], "uri": places}))
    stage.write("plan-0001", pa.table({"shard": ["00002"], "uri": ["/planned/later.jpg"]}))
    stage.write("00000", table_of(Image, photos[:6]))
    stage.write("00001", table_of(Image, [*photos[6:], *broken]))


def fill_pairs(pair_set: PairSet, photos: list[Image]) -> list[Pair]:
    """Five kept pairs, one for each other status; and a run that nothing points at."""
    kept = [pair_of(photos[0], target, PairStatus.KEPT) for target in photos[1 : len(EDITS) + 2]]
    rejected = [
        pair_of(photos[index], photos[-1 - index], status)
        for index, status in enumerate(dict.fromkeys(gate.status for gate in GATES))
    ]
    pair_set.stage("pairs", "superseded").write("00000", table_of(Pair, rejected))
    pair_set.stage("pairs", "mined").write("00000", table_of(Pair, [*kept, *rejected]))
    pair_set.publish("pairs", "mined")
    return kept


def fill_annotations(pair_set: PairSet, kept: list[Pair]) -> None:
    """Four instructions, of which the second came at the second attempt; the fifth pair failed."""
    written = [annotation_of(pair, edit) for pair, edit in zip(kept, EDITS, strict=False)]
    first = [written[0], failed(written[1], "truncated"), *written[2:]]
    first.append(failed(annotation_of(kept[4], EDITS[0]), "invalid"))
    stage = pair_set.stage("annotations", "starter-run")
    stage.write("00000", table_of(Annotation, first))
    stage.write("retry-00000", table_of(Annotation, [replace(written[1], attempt=2)]))


@pytest.fixture
def mined_set(tmp_path: Path) -> PairSet:
    """A set after mining: twenty photos, three broken files, five kept pairs, nine rejected."""
    folder = tmp_path / "photos"
    folder.mkdir()
    photos = [scan_photo(folder, seed) for seed in range(20)]
    pair_set = create_set(str(tmp_path / "the user's set"))
    fill_images(pair_set, photos)
    clusters = [Cluster(photo.image_id, 0, "0-1", 0.9) for photo in photos]
    pair_set.stage("clusters", "mined").write("00000", table_of(Cluster, clusters))
    fill_pairs(pair_set, photos)
    pair_set.save_run("mine", {"encoder": "lite0"})
    return pair_set


@pytest.fixture
def annotated_set(mined_set: PairSet) -> PairSet:
    """The mined set after annotation."""
    current = mined_set.current("pairs")
    assert current is not None
    pairs = [pair for pair in rows_of(Pair, current.read("00000")) if pair.status == "kept"]
    fill_annotations(mined_set, pairs)
    return mined_set
