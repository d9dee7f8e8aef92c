"""Requests to servers: addresses, keys, bounds, and what servers say when they fail."""
