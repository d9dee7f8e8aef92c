"""A set that holds a mix: its images on disk, its pairs measured as mining measures, all kept.

Nothing was mined, so the pairs have no similarity: embedding them would take longer than all else.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
from PIL import Image as Pillow

from benchmarks.confidence.mixes import MixedPair
from clustering.corpus.scan import image_row
from clustering.pairs import measure
from clustering.settings import MineSettings
from pairset.app.demo.against_truth import Expected, expected_of
from pairset.app.demo.planted_corpus import encode
from pairset.app.demo.reviewer import verdict_on
from pairset.records import Annotation, Image, Pair, rows_of, table_of
from pairset.records.pair import PairStatus, pair_id_of
from pairset.records.verdict import Decision
from pairset.rows.tables import connect_tables
from pairset.running.progress import progress
from pairset.sources import Found
from pairset.store import PairSet, create_set

_SETTINGS = MineSettings(
    set_url="unused",
    corpus=["unused"],
    alignment_floor=-1.0,
    change_area_floor=0.0,
    phash_copy_ceiling=0,
    keep_mirrored=True,
)
"""Everything is compared: the gates would turn away what is hard."""
_KEY = "mixed"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a pair."""

    expected: Expected | None
    """None where no words would be right."""
    origin: str


def write_set(folder: Path, mix: Sequence[MixedPair]) -> dict[str, Known]:
    """Write the set into ``folder``; returns what is known of each pair, by its id."""
    cv2.setNumThreads(1)
    (folder / "corpus").mkdir(parents=True)
    pair_set = create_set(str(folder / "set"))
    images: list[Image] = []
    rows: list[Pair] = []
    known = {}
    for number, mixed in enumerate(progress(mix, "pairs", total=len(mix), unit="pair")):
        ends = [
            _written(folder / "corpus" / f"{number:05}-{name}.jpg", picture)
            for name, picture in (("a", mixed.source), ("b", mixed.target))
        ]
        row = _measured(*ends, mixed.scene)
        images += ends
        rows.append(row)
        truth = expected_of(row.pair_id, mixed.truth) if mixed.truth else None
        known[row.pair_id] = Known(truth, mixed.origin)
    pair_set.stage("images").write("00000", table_of(Image, images))
    pair_set.stage("pairs", _KEY).write("00000", table_of(Pair, rows))
    pair_set.publish("pairs", _KEY)
    return known


def save_known(path: Path, known: dict[str, Known]) -> None:
    """Keep what is known as JSON."""
    document = {pair_id: asdict(each) for pair_id, each in known.items()}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def load_known(path: Path) -> dict[str, Known]:
    """Read it back."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return {
        pair_id: Known(each["expected"] and Expected(**each["expected"]), each["origin"])
        for pair_id, each in document.items()
    }


def judged_right(pair_set: PairSet, known: dict[str, Known]) -> dict[str, bool]:
    """Of each annotation, whether somebody who knows the truth accepts it unchanged."""
    with connect_tables(pair_set) as tables:
        rows = rows_of(Annotation, tables.sql("FROM annotations").to_arrow_table())
        return {row.annotation_id: _is_right(row, known[row.pair_id]) for row in rows}


def _is_right(annotation: Annotation, known: Known) -> bool:
    return verdict_on(annotation, known.expected, 0).decision == Decision.ACCEPT


def _written(path: Path, picture: Pillow.Image) -> Image:
    """Its row as a scan makes it."""
    content = encode(picture, path.suffix)
    path.write_bytes(content)
    return image_row(Found(str(path), content))


def _measured(source: Image, target: Image, scene: str) -> Pair:
    """The pair with its numbers, kept whatever the gates say."""
    ids = source.image_id, target.image_id
    pair = Pair(
        pair_id=pair_id_of(*ids),
        reverse_pair_id=pair_id_of(*reversed(ids)),
        source_id=source.image_id,
        target_id=target.image_id,
        source_uri=source.uri,
        target_uri=target.uri,
        cluster=scene,
        status=PairStatus.KEPT,
    )
    return replace(measure(pair, _SETTINGS), status=PairStatus.KEPT)
