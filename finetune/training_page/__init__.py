"""The page about one training run: its curve, its settings, and replies before and after."""
