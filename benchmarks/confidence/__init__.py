"""Whether the confidence can be bet on: evidence, calibration, promise, savings and cost."""
