"""Images inside tars and Parquet files: where each lies, its bytes, and what is said of it."""

from clustering.containers.found import Found
from clustering.containers.parquet import in_parquet
from clustering.containers.tar import in_tar

__all__ = ["Found", "in_parquet", "in_tar"]
