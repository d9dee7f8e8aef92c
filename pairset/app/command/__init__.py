"""The command line of a verb, read off its settings model, and what is said of a wrong one."""
