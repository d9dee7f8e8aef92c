"""What goes to Label Studio and what comes back: tasks out, verdicts in, each once."""
