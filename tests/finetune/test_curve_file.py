"""A curve for the page never blocks the training."""

import json
from pathlib import Path

import pytest

from finetune.curve_file import CURVE, append_point, cut_curve, read_points
from finetune.training_page.curve_lines import read_curve


def point(step: int) -> dict[str, float]:
    return {"step": step, "loss": 0.5, "learning_rate": 1e-4}


def whole_curve(folder: Path) -> Path:
    for step in (1, 2, 3):
        append_point(folder / CURVE, point(step))
    return folder / CURVE


@pytest.mark.parametrize(
    "torn",
    [
        b'{"step": 4, "lo',
        b"\x00" * 40,
        b'{"step": 4, "loss": "\xe4\xb8',
        b"4",
        b'{"loss": 1}',
        b'{"step": true, "loss": 1}',
        b'{"step": 4, "loss": null}',
        b"[" * 100_000,
    ],
)
def test_a_torn_line_is_left_out_with_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], torn: bytes
) -> None:
    curve = whole_curve(tmp_path)
    curve.write_bytes(curve.read_bytes() + torn)
    assert read_points(curve) == [point(step) for step in (1, 2, 3)]
    assert "1 damaged lines" in capsys.readouterr().err
    assert [each.step for each in read_curve(curve)] == [1, 2, 3]


def test_training_goes_on_from_a_curve_with_a_torn_line(tmp_path: Path) -> None:
    curve = whole_curve(tmp_path)
    curve.write_bytes(curve.read_bytes()[:-20])
    cut_curve(tmp_path, tmp_path / "checkpoint-2")
    append_point(curve, point(3))
    assert [json.loads(line)["step"] for line in curve.read_text().splitlines()] == [1, 2, 3]


def test_without_a_curve_nothing_is_cut(tmp_path: Path) -> None:
    cut_curve(tmp_path, None)
    assert not list(tmp_path.iterdir())
