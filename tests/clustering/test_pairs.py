"""What a candidate's row carries, and what measuring it costs."""

from collections import Counter
from pathlib import Path

import pytest
from PIL import ImageEnhance, ImageOps

from clustering import pairs
from clustering.settings import MineSettings
from pairset.records import Pair
from pairset.records.image import image_id_of
from pairset.rows import places
from tests.clustering.conftest import encoded, photo

SETTINGS = MineSettings(set_url="unused", corpus=["unused"], encoder="lite0")


@pytest.fixture
def cluster(tmp_path: Path) -> list[Pair]:
    """Every pair among an original, two edits, a copy and something else."""
    cat = photo("chelsea")
    pictures = {
        "cat": cat,
        "dark": ImageEnhance.Brightness(cat).enhance(0.6),
        "grey": ImageOps.grayscale(cat).convert("RGB"),
        "copy": cat.resize((200, 200)),
        "other": photo("coffee"),
    }
    for name, picture in pictures.items():
        (tmp_path / name).write_bytes(encoded(picture))
    names = list(pictures)
    return [
        Pair(
            pair_id=f"{first} {second}",
            reverse_pair_id=f"{second} {first}",
            source_id=image_id_of((tmp_path / first).read_bytes()),
            target_id=image_id_of((tmp_path / second).read_bytes()),
            source_uri=str(tmp_path / first),
            target_uri=str(tmp_path / second),
            cluster="one",
        )
        for place, first in enumerate(names)
        for second in names[place + 1 :]
    ]


def test_rows_come_in_the_order_of_the_candidates(cluster):
    backwards = cluster[::-1]
    found = [pair.pair_id for pair in pairs.judged(backwards, SETTINGS, {})]
    assert found == [pair.pair_id for pair in backwards]


def test_only_what_a_verdict_needs_is_measured(cluster):
    found = {pair.pair_id: pair for pair in pairs.judged(cluster, SETTINGS, {})}
    edit, copy, unrelated = found["cat dark"], found["cat copy"], found["cat other"]
    assert (edit.status, copy.status, unrelated.status) == ("kept", "re_encoded", "unrelated")
    assert None not in (edit.unexplained, edit.ssim, edit.structure_correlation)
    assert copy.unexplained is None
    assert None not in (copy.ssim, copy.change_fraction, copy.alignment)
    assert unrelated.ssim is None
    assert None not in (unrelated.structure_correlation, unrelated.alignment)


def test_an_image_is_opened_once_however_many_pairs_it_is_in(cluster, monkeypatch):
    opened: Counter[str] = Counter()
    read_image = places.read_image

    def counting(image_id: str, uris: list[str]) -> bytes:
        opened[image_id] += 1
        return read_image(image_id, uris)

    monkeypatch.setattr(places, "read_image", counting)
    assert len(list(pairs.judged(cluster, SETTINGS, {}))) == 10
    assert set(opened.values()) == {1}
    assert len(opened) == 5
