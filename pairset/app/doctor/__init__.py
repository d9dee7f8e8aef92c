"""The verb ``doctor``: what is installed, what can run here, and what to install for the rest."""
