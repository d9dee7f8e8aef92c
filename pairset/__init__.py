"""The contract that every stage shares: records, the set on disk, shards, settings, errors."""

__version__ = "0.1.0"
