"""A kept calibration is plain JSON; read back it says the same, without scikit-learn."""

import json
import subprocess
import sys

import numpy as np
import pytest

from review.calibration.calibration_model import (
    CalibrationFileError,
    CalibrationModel,
    from_json,
    to_json,
)
from review.calibration.fitting import calibrate
from tests.review.calibration.drawn_evidence import drawn_judged

APPLY = """
import json, sys
from review.calibration.evidence import Evidence
from review.calibration.calibration_model import from_json
model, evidence = json.load(sys.stdin)
print(model and from_json(model).probabilities([Evidence(**evidence)])[0])
assert "sklearn" not in sys.modules and "scipy" not in sys.modules
"""


@pytest.fixture(scope="module")
def model() -> CalibrationModel:
    return calibrate(drawn_judged(120, seed=0))


def test_what_is_read_back_is_what_was_written(model: CalibrationModel) -> None:
    assert from_json(to_json(model)) == model


def test_the_file_names_every_weight(model: CalibrationModel) -> None:
    document = json.loads(to_json(model))

    assert len(document["weights"]) == len(document["terms"]) > 0
    assert {term["number"] for term in document["terms"] if term["number"]} == set(
        document["scales"]
    )
    assert (document["verdicts"], document["fitted_on"]) == (120, drawn_judged(120, seed=0).key)


def test_numpy_alone_applies_it(model: CalibrationModel) -> None:
    evidence = drawn_judged(1, seed=5).evidence[0]
    fields = {name: getattr(evidence, name) for name in evidence.__slots__}
    words = json.dumps([to_json(model), fields])
    run = subprocess.run(
        [sys.executable, "-c", APPLY], input=words, check=True, capture_output=True, text=True
    )

    assert float(run.stdout) == pytest.approx(model.probabilities([evidence])[0])


def test_probabilities_are_the_logistic_of_the_weighted_terms() -> None:
    judged = drawn_judged(120, seed=0)
    model = calibrate(judged)
    probabilities = model.probabilities(judged.evidence)

    assert np.all((probabilities > 0) & (probabilities < 1))
    assert probabilities.mean() == pytest.approx(np.mean(judged.right), abs=0.01)


@pytest.mark.parametrize("text", ["no json", "[]", '{"form": "prior"}'])
def test_another_file_is_refused(text: str) -> None:
    with pytest.raises(CalibrationFileError, match="calibration"):
        from_json(text)


def test_a_file_that_lost_a_weight_is_refused(model: CalibrationModel) -> None:
    document = json.loads(to_json(model))
    document["weights"].pop()
    with pytest.raises(CalibrationFileError, match="weights"):
        from_json(json.dumps(document))
