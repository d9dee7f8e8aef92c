"""Where each annotation goes, and in which order people see those that wait."""
