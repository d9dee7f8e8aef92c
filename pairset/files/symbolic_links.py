"""Links in a set that lead out of it are not followed: a stranger's set may link to anything.

A set may itself be reached through links; only those inside are looked at.
"""

import os

from pairset.files.damage import DamagedSetError
from pairset.files.set_folder import FOLDERS, LOGS

_LOOKED_AT = frozenset(FOLDERS) - {LOGS}
"""Logs have a rule of their own: through a link none is kept. What else lies in a set is the
user's own."""


def refuse_links_out(root: str, path: str) -> None:
    """Look at every step from a local set to what lies in it.

    Raises DamagedSetError naming the link that leads out.
    """
    place = root
    for step in path.removeprefix(root).strip("/").split("/"):
        place = f"{place}/{step}"
        if os.path.islink(place):  # noqa: PTH114 - one lstat, for every shard that is read
            refuse_link_out(root, place)


def refuse_link_out(root: str, link: str) -> None:
    """Let a link pass that leads to somewhere in the set. Raises DamagedSetError for others."""
    inside = os.path.join(os.path.realpath(root), "")  # noqa: PTH118 - resolves circles as well
    if not os.path.realpath(link).startswith(inside):
        raise DamagedSetError(
            f"{link} is a link that leads out of the set, and is not followed. Put what it should "
            "lead to in its place, or remove it."
        )


def names_in(root: str, folder: str) -> list[str]:
    """What lies in a folder of a local set; the listing tells which of many files are links.

    Raises DamagedSetError for one that leads out.
    """
    refuse_links_out(root, folder)
    names = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                refuse_link_out(root, entry.path)
            names.append(entry.name)
    return names


def refuse_folders_elsewhere(root: str) -> None:
    """Look at the folders of a local set, in one listing. Raises DamagedSetError."""
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.is_symlink() and entry.name in _LOOKED_AT:
                refuse_link_out(root, f"{root}/{entry.name}")
