"""Edits planted in photos: what changed is known, in English and Chinese."""
