"""Settings of training that name words of reviewers."""

import pytest

from pairset.app.cli import main


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("wrong_positon=3", "wrong_positon is no error type, choose wrong_object, "),
        ("wrong_positon=3", "(did you mean wrong_position?)"),
        ("mood=3", "wrong_language or not_an_edit. pairset train --help"),
    ],
)
def test_a_weight_for_an_error_type_that_is_none_is_refused(
    given: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "SET", "--error-weights", given]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
