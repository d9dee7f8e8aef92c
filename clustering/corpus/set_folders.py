"""Sets that lie in a corpus: their thumbnails and copies for reviewers are no photos of it.

A set is known by what mining writes first: settings under ``runs/`` and a plan under ``images/``.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pairset.files.set_folder import FOLDERS
from pairset.files.uris import filesystem_of, local_path

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_PLAN = "images/plan-"
_RUN = "runs/"


class SetFolders:
    """Which folders of a corpus are sets. ``own`` is one from the start."""

    def __init__(self, own: str) -> None:
        self._own = own
        path = local_path(own)
        self._own_path = os.path.realpath(os.fsencode(Path(path).absolute())) if path else None
        self.passed_over: list[str] = []

    def is_local_set(self, folder: bytes, subfolders: Collection[bytes]) -> bool:
        """Whether a folder, its links resolved, is a set."""
        if folder == self._own_path:
            return True
        if not {b"runs", b"images"} <= set(subfolders):
            return False
        return any(name.startswith("plan-") for name in _names(folder + b"/images"))

    def without_sets(
        self, filesystem: "AbstractFileSystem", root: str, paths: Iterable[str]
    ) -> Iterator[str]:
        """The paths of a listing that lie in no set."""
        paths, root = list(paths), root.rstrip("/")
        sets = self._sets_among(filesystem, paths)
        if not sets:
            yield from paths
            return
        for path in paths:
            if root in sets and _first_name(path, root) in FOLDERS:
                continue
            around = next((str(up) for up in PurePosixPath(path).parents if str(up) in sets), root)
            if around == root or not around.startswith(root + "/"):
                yield path
            elif around not in self.passed_over:
                self.passed_over.append(around)

    def _sets_among(self, filesystem: "AbstractFileSystem", paths: list[str]) -> set[str]:
        planned = {path.rpartition(f"/{_PLAN}")[0] for path in paths if f"/{_PLAN}" in path}
        run = {path.rpartition(f"/{_RUN}")[0] for path in paths if f"/{_RUN}" in path}
        sets = (planned & run) - {""}
        if self._own_path is None:
            own_filesystem, own = filesystem_of(self._own)
            if own_filesystem.protocol == filesystem.protocol:
                sets.add(own.rstrip("/"))
        return sets


def _first_name(path: str, root: str) -> str:
    return path.removeprefix(root + "/").partition("/")[0]


def _names(folder: bytes) -> list[str]:
    try:
        return [path.name for path in Path(os.fsdecode(folder)).iterdir()]
    except OSError:
        return []
