"""The corpus: which files there are, which shard reads which, and one row for each image."""
