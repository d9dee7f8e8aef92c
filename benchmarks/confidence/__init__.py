"""Whether the confidence can be bet on: evidence, calibration, certificates, savings and cost."""
