"""The rooms behind ``pairset evaluate``: who is compared on what, the figures, and the page."""
