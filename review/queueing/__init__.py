"""The annotations that wait for a person, and what verdicts so far say of them."""
