"""From a target to the threshold that meets it, and to the verdicts that go on testing it."""
