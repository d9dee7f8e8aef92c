"""The one door to a Label Studio: requests, faults, and replies checked where they enter."""
