"""Corpus → images → embeddings → clusters → candidate pairs → gates."""
