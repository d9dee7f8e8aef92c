"""Images inside tars and Parquet files: where each lies, its bytes, and what is said of it."""

from pairset.sources.found import Found
from pairset.sources.parquet import in_parquet
from pairset.sources.tar import in_tar

__all__ = ["Found", "in_parquet", "in_tar"]
