"""Which scene an image belongs to."""

from dataclasses import dataclass

from pairset.records.table import Float32, Int32, Record


@dataclass(frozen=True, slots=True)
class Cluster(Record):
    """Membership of one image in one cluster of one cell."""

    image_id: str
    cell: Int32
    """Number of the k-means cell whose graph was clustered; 0 where the set has only one."""
    cluster: str | None
    """Name of the HDBSCAN cluster, unique in the set; None for noise."""
    strength: Float32 | None
    """HDBSCAN membership strength, 0 to 1."""
