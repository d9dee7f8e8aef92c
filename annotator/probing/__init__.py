"""Asking a model again about what was annotated: whom, about what, and the rows that come of it."""
