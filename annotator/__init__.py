"""Pair → prompt → engine → reply → annotation with its evidence and confidence."""
