"""What exemplars need of a set: embeddings of its pairs, and examples that are published."""

from collections.abc import Callable, Sequence

import numpy as np

from annotator.prompting.reply import reply_text
from pairset.records import Embedding, Example, Pair, rows_of, table_of
from pairset.records.example import Split
from pairset.records.ids import content_id
from pairset.store import PairSet
from tests.annotator.fake_server import REPLY

Edit = Callable[[Example], Example]


def pairs_of(pair_set: PairSet) -> list[Pair]:
    """The kept pairs."""
    stage = pair_set.current("pairs")
    assert stage is not None
    rows = [row for table in stage.tables() for row in rows_of(Pair, table)]
    return [row for row in rows if row.status == "kept"]


def embed(pair_set: PairSet, encoder: str = "drawn-1", seed: int = 0) -> None:
    """A vector for each image, at random but for its id and the seed."""
    images = {image for pair in pairs_of(pair_set) for image in (pair.source_id, pair.target_id)}
    rows = [Embedding(image, _vector(image, seed)) for image in sorted(images)]
    pair_set.stage("embeddings", encoder).write("00000", table_of(Embedding, rows))


def _vector(image_id: str, seed: int) -> list[float]:
    values = np.random.default_rng([int(image_id[:8], 16), seed]).normal(size=16)
    return np.float16(values / np.linalg.norm(values)).tolist()


def make_examples(pair_set: PairSet, edit: Edit = lambda example: example) -> list[Example]:
    """An example for each kept pair, each of its own scene and to be trained on."""
    return [
        edit(
            Example(
                example_id=content_id("example", pair.pair_id),
                pair_id=pair.pair_id,
                annotation_id="a",
                verdict_id="v",
                reviewer="ann",
                decision="accept",
                scene=pair.source_id,
                split=Split.TRAIN,
                source_uri=pair.source_uri,
                target_uri=pair.target_uri,
                reply=reply_text(REPLY | {"instruction_en": f"Do what pair {number} does."}),
            )
        )
        for number, pair in enumerate(pairs_of(pair_set))
    ]


def publish(pair_set: PairSet, examples: Sequence[Example], key: str = "first") -> None:
    pair_set.stage("examples", key).write("00000", table_of(Example, examples))
    pair_set.publish("examples", key)


def make_ready(pair_set: PairSet) -> list[Example]:
    """Embed and publish; returns the examples."""
    embed(pair_set)
    examples = make_examples(pair_set)
    publish(pair_set, examples)
    return examples
