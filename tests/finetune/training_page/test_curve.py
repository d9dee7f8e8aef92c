"""The curve's geometry: the last step is on the right, the highest value below the top."""

import json
from pathlib import Path

import pytest

from finetune.training_page.curve_lines import (
    CurvePoint,
    loss_plot,
    rate_plot,
    read_curve,
    round_up,
)
from pairset.pages.lines import PLOT_HEIGHT, PLOT_WIDTH


@pytest.mark.parametrize(
    ("value", "top"),
    [(0.0, 1), (0.7, 0.8), (1.0, 1), (1.01, 2), (9.5, 10), (15.9, 20), (0.03, 0.04)],
)
def test_an_axis_ends_at_a_round_number_that_holds_every_value(value: float, top: float) -> None:
    assert round_up(value) == pytest.approx(top)


def test_a_line_goes_through_its_points() -> None:
    plot = loss_plot([CurvePoint(5, 2.0, 0.0), CurvePoint(10, 1.0, 0.0)])

    assert plot.line.path == f"{PLOT_WIDTH / 2:g},0 {PLOT_WIDTH:g},{PLOT_HEIGHT / 2:g}"
    assert [tick.words for tick in plot.up] == ["0", "0.5", "1", "1.5", "2"]
    assert [tick.words for tick in plot.across] == ["0", "2.5", "5", "7.5", "10"]


def test_rates_are_told_in_ten_thousandths() -> None:
    plot = rate_plot([CurvePoint(1, 1.0, 2e-4)])

    assert plot.up[-1].words == "2"
    assert plot.line.path == f"{PLOT_WIDTH:g},0"


def test_a_run_without_points_has_an_empty_line(tmp_path: Path) -> None:
    (tmp_path / "curve.jsonl").write_text("")

    assert loss_plot(read_curve(tmp_path / "curve.jsonl")).line.path == ""


def test_points_are_read_as_training_writes_them(tmp_path: Path) -> None:
    point = {"step": 3, "loss": 1.5, "learning_rate": 1e-4, "grad_norm": 2.0, "epoch": 0.5}
    (tmp_path / "curve.jsonl").write_text(json.dumps(point) + "\n")

    assert read_curve(tmp_path / "curve.jsonl") == [CurvePoint(3, 1.5, 1e-4)]
