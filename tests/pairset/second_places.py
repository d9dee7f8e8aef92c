"""A second place for every picture of a set."""

import shutil
from dataclasses import replace
from pathlib import Path

from pairset.records import Image, rows_of, table_of
from pairset.store import PairSet


def copy_everything(pair_set: PairSet, folder: Path) -> None:
    """Copy the pictures to a folder, and let the set know of it."""
    folder.mkdir()
    stage, copies = pair_set.stage("images"), []
    for image in rows_of(Image, stage.read("00000")):
        place = folder / Path(image.uri).name
        shutil.copyfile(image.uri, place)
        copies.append(replace(image, uri=str(place)))
    stage.write("00001", table_of(Image, copies))
