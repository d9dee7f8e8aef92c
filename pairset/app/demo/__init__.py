"""The demo: a corpus with planted edits, mined and annotated, and held against the truth."""
