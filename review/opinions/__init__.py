"""What reviewers decided, how far they agree, and who settles it where they do not."""
