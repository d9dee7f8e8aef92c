"""A model is shown the images that were mined, or none."""

from pathlib import Path

import pytest
from PIL import Image

from annotator.engines import Question
from annotator.pictures import load_questions
from annotator.tasks import Task
from pairset.decoding import ImageError, ImageErrorCode
from pairset.records.image import image_id_of


@pytest.mark.parametrize("as_files", [True, False])
def test_a_file_replaced_after_mining_fails_its_own_pair_alone(
    tmp_path: Path, as_files: bool
) -> None:
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for path, colour in zip(paths, ("red", "blue", "grey"), strict=True):
        Image.new("RGB", (24, 24), colour).save(path)
    ids = [image_id_of(path.read_bytes()) for path in paths]
    tasks = [Task("id", "pair", ids[0], ids[end], str(paths[0]), str(paths[end])) for end in (1, 2)]
    Image.new("1", (15_000, 15_000)).save(paths[2])

    question, error = load_questions(tasks, 10_000, as_files=as_files)

    assert isinstance(question, Question)
    assert isinstance(error, ImageError)
    assert error.code == ImageErrorCode.CHANGED
