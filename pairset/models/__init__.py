"""Folders of models that somebody made: what they hold, and whether it may be loaded."""
