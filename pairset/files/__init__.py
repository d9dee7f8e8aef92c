"""Files as a set needs them: whole or not at all, named when damaged, read wherever they lie."""
