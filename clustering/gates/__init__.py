"""Gates: what two images of a candidate pair have in common, in numbers, and what follows."""
