"""From a promise to the threshold that keeps it, and to the verdicts that go on testing it."""
