"""Where an image lies in the space of one encoder."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Embedding:
    """Unit vector of one image under one encoder."""

    SCHEMA: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("image_id", pa.string(), nullable=False),
            pa.field("vector", pa.list_(pa.float16())),
            pa.field("error_code", pa.string()),
            pa.field("error", pa.string()),
        ]
    )

    image_id: str
    vector: list[float] | None
    """Unit length; stored as float16, one folder of shards per encoder."""
    error_code: str | None = None
    error: str | None = None
