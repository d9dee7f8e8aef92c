import json
import math
import random
from collections.abc import Callable

import pytest
from PIL import Image

from finetune.planted.plant import plant
from finetune.starter.held_out_scores import Answer, Score, area_under_roc, report, score
from finetune.starter.network.starter_reply import planted_reply

Photograph = Callable[[int, int], Image.Image]


def test_the_truth_scores_full_marks(photograph: Photograph) -> None:
    edit = plant(random.Random(0), photograph(0, 96), "recolor")
    assert edit is not None
    row = score(edit, Answer(planted_reply(edit), 0.0))
    assert row.parsed
    assert row.edit_type
    assert row.instruction_en
    assert row.instruction_zh
    assert row.is_changed
    assert row.confidence == 1.0


@pytest.mark.parametrize("text", ["", "no json", '{"instruction_en":"No', "[1]"])
def test_what_is_no_object_scores_nothing(photograph: Photograph, text: str) -> None:
    edit = plant(random.Random(0), photograph(0, 96), "add")
    assert edit is not None
    row = score(edit, Answer(text, -1.0))
    assert row == Score(edit.kind, False, False, False, False, False, row.confidence)


def test_one_wrong_word_is_not_exact(photograph: Photograph) -> None:
    edit = plant(random.Random(0), photograph(0, 96), "add")
    assert edit is not None
    reply = json.loads(planted_reply(edit)) | {"instruction_en": edit.inverse.en}
    row = score(edit, Answer(json.dumps(reply), -0.1))
    assert row.instruction_zh
    assert not row.instruction_en
    assert "| add | 1 | 1.000 | 1.000 | 0.000 | 1.000 | 1.000 |" in report([row])


def test_area_under_roc() -> None:
    assert area_under_roc([0.9, 0.8, 0.3, 0.1], [True, True, False, False]) == 1.0
    assert area_under_roc([0.1, 0.9], [True, False]) == 0.0
    assert area_under_roc([0.5, 0.5], [True, False]) == 0.5
    assert math.isnan(area_under_roc([0.5], [True]))
