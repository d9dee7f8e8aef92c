"""One writer for each thing that a set holds: locks, and leases where no kernel keeps locks."""
