"""From the evidence of an annotation to the probability that a reviewer accepts it unchanged."""
