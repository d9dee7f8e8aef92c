"""Figures of merit that several stages share, as pure functions: values in, numbers out."""
