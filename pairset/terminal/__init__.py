"""What a person at the terminal reads, and the log that keeps it."""
