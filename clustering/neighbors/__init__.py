"""Who lies near whom: the exact join, and one within lists for what it cannot afford."""

from clustering.neighbors.join import exact_links
from clustering.neighbors.links import Floats, Indices, Links
from clustering.neighbors.search import Method, Search, choose, find_links

__all__ = ["Floats", "Indices", "Links", "Method", "Search", "choose", "exact_links", "find_links"]
