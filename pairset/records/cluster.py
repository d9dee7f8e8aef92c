"""Which scene an image belongs to."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Cluster:
    """Membership of one image in one cluster of one cell."""

    SCHEMA: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("image_id", pa.string(), nullable=False),
            pa.field("cell", pa.int32(), nullable=False),
            pa.field("cluster", pa.string()),
            pa.field("strength", pa.float32()),
        ]
    )

    image_id: str
    cell: int
    """Number of the k-means cell whose graph was clustered; 0 where the set has only one."""
    cluster: str | None
    """Name of the HDBSCAN cluster, unique in the set; None for noise."""
    strength: float | None
    """HDBSCAN membership strength, 0 to 1."""
