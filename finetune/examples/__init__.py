"""From verdicts to examples, and on which side of the split each one is."""
