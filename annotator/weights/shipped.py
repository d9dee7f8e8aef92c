"""The weights that come with the package: the starter model, and an adapter for it."""

from importlib.resources import files
from pathlib import Path

STARTER_ADAPTER = "starter-wider"


def shipped_folder(name: str) -> Path:
    """Folder of weights in the installed package; a damaged installation may lack it."""
    return Path(str(files(__package__).joinpath(name)))
