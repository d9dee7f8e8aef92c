"""Figures of merit, as pure functions: values in, numbers out. None where a figure is undefined."""
