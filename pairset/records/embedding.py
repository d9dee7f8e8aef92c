"""Where an image lies in the space of one encoder."""

from dataclasses import dataclass

from pairset.records.table import Float16, Record


@dataclass(frozen=True, slots=True)
class Embedding(Record):
    """Unit vector of one image under one encoder."""

    image_id: str
    vector: list[Float16] | None
    """Unit length; stored as float16, one folder of shards per encoder."""
    error_code: str | None = None
    error: str | None = None
