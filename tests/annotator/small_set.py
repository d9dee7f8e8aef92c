"""A small set whose pairs are there without mining: drawn pictures and one edit each."""

from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance

from pairset.records import Pair, rows_of, table_of
from pairset.records.image import image_id_of
from pairset.records.pair import PairStatus, pair_id_of
from pairset.store import PairSet, create_set


def make_set(folder: Path, pairs: int, size: tuple[int, int] = (160, 120)) -> PairSet:
    """A set of so many kept pairs, and one rejected pair."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [_pair(folder, number, size) for number in range(pairs)]
    rejected = _pair(folder, pairs, size, status=PairStatus.UNRELATED)
    pair_set = create_set(str(folder / "set"))
    pair_set.stage("pairs", "drawn").write("00000", table_of(Pair, [*rows, rejected]))
    pair_set.publish("pairs", "drawn")
    return pair_set


def mine_again(pair_set: PairSet) -> None:
    """Give the pairs the ids of what their files hold now."""
    stage = pair_set.current("pairs")
    assert stage is not None
    renewed = []
    for pair in rows_of(Pair, stage.read("00000")):
        ids = [image_id_of(Path(uri).read_bytes()) for uri in (pair.source_uri, pair.target_uri)]
        renewed.append(replace(pair, source_id=ids[0], target_id=ids[1]))
    pair_set.stage("pairs", "again").write("00000", table_of(Pair, renewed))
    pair_set.publish("pairs", "again")


def _pair(
    folder: Path, number: int, size: tuple[int, int], status: PairStatus = PairStatus.KEPT
) -> Pair:
    source = _picture(number, size)
    target = ImageEnhance.Brightness(source).enhance(1.6) if number % 2 else _framed(source)
    paths = [folder / f"{number:03}-{role}.png" for role in ("source", "target")]
    for path, image in zip(paths, (source, target), strict=True):
        image.save(path)
    source_id, target_id = (image_id_of(path.read_bytes()) for path in paths)
    return Pair(
        pair_id=pair_id_of(source_id, target_id),
        reverse_pair_id=pair_id_of(target_id, source_id),
        source_id=source_id,
        target_id=target_id,
        source_uri=str(paths[0]),
        target_uri=str(paths[1]),
        cluster=f"scene-{number}",
        status=status,
    )


def _picture(number: int, size: tuple[int, int]) -> Image.Image:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(image)
    left, colour = 10 + 7 * (number % 12), (40 + 23 * number % 200, 90, 200 - 31 * number % 180)
    draw.ellipse((left, 30, left + 50, 90), fill=colour)
    draw.rectangle((left + 40, 60, left + 70, 110), fill=colour[::-1])
    return image


def _framed(image: Image.Image) -> Image.Image:
    framed = image.copy()
    width, height = image.size
    ImageDraw.Draw(framed).rectangle((0, 0, width - 1, height - 1), outline="red", width=9)
    return framed
