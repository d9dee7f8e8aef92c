"""Image clusters: the neighbour graph, and which images of it show the same thing."""
