"""Models and adapters by name or path, and what is in them."""
