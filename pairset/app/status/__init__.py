"""The verb ``status``: how far a set has come, what failed, and what every gate let through."""
