"""Shards on this machine or many: who runs them, how they stop, and the bar that shows it."""
