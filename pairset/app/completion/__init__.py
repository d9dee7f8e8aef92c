"""The verb ``completion``: what a shell needs to complete verbs, flags and choices."""
