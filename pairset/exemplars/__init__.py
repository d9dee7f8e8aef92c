"""Which reviewed pairs are shown beside a pair that a model is asked about, or trained on."""
