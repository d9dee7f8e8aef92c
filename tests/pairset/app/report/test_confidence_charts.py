"""Charts of confidence: coordinates, and tables that say the same."""

from dataclasses import replace

import pytest

from pairset.app.report.confidence_charts import (
    AFTER,
    AT_RANDOM,
    BEFORE,
    keeps_order,
    quarter_reviewed,
    reliability_chart,
    risk_chart,
    savings_chart,
)
from pairset.pages.lines import PLOT_HEIGHT, PLOT_WIDTH, tenth_below
from tests.pairset.judged_set import RAW, TARGET, figures_of


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (each.split(",") for each in path.split())]


def test_both_axes_of_the_reliability_diagram_begin_at_the_same_tenth() -> None:
    chart = reliability_chart(figures_of())  # the least number in it is 0.4

    assert [tick.words for tick in chart.up] == [tick.words for tick in chart.across]
    assert chart.up[0].words == "0.4"
    raw, calibrated = (points(line.path) for line in chart.lines)
    assert raw[0] == pytest.approx((PLOT_WIDTH / 2, PLOT_HEIGHT * 5 / 6))
    assert calibrated[1] == pytest.approx((PLOT_WIDTH / 3, PLOT_HEIGHT * 2 / 3), abs=0.1)
    x, y = calibrated[1]
    assert x / PLOT_WIDTH == pytest.approx(1 - y / PLOT_HEIGHT, abs=1e-3)  # on the diagonal


def test_a_table_says_what_the_dots_say() -> None:
    chart = reliability_chart(figures_of())

    assert chart.rows[0] == ("1", "2", "0.700", "0.500", "0.450", "0.400")
    assert len(chart.columns) == len(chart.rows[0])
    assert chart.lines[0].dots[0].title == "2 verdicts, confidence 0.70, accepted 0.50"


def test_the_certificate_lies_where_its_risk_and_its_coverage_are() -> None:
    chart = risk_chart(replace(figures_of(), certificate=TARGET))
    level, upright = chart.marks

    assert chart.up[-1].words == "0.5"
    assert points(level.path) == [(0, PLOT_HEIGHT * 0.6), (PLOT_WIDTH, PLOT_HEIGHT * 0.6)]
    assert points(upright.path) == [(PLOT_WIDTH / 4, 0), (PLOT_WIDTH / 4, PLOT_HEIGHT)]
    assert (level.words, upright.words) == ("certified risk: at most 20.0%", "accepted 25%")


def test_a_target_that_nothing_meets_has_its_risk_alone() -> None:
    nothing = replace(TARGET, standing="nothing_certified", threshold=None, coverage=None)
    figures = replace(figures_of(), certificate=nothing)

    assert len(risk_chart(figures).marks) == 1
    assert savings_chart(figures).marks == ()
    assert risk_chart(figures_of()).marks == ()


def test_what_a_certificate_leaves_to_people_is_marked_on_the_savings() -> None:
    (mark,) = savings_chart(replace(figures_of(), certificate=TARGET)).marks

    assert points(mark.path)[0] == (PLOT_WIDTH * 0.75, 0)
    assert mark.words == "reviewed 75%"


def test_savings_are_told_between_the_points_of_the_curve() -> None:
    chart = savings_chart(figures_of())
    told = {row[0]: row[1:] for row in chart.rows}

    assert chart.names == (BEFORE, AFTER, AT_RANDOM)
    assert told["25%"] == ("62.5%", "75.0%", "62.5%")
    assert told["100%"] == ("100.0%",) * 3
    quarter = quarter_reviewed(figures_of())
    assert (quarter.nothing, quarter.calibrated) == ("50.0%", "75.0%")
    assert (quarter.raw, quarter.at_random) == ("62.5%", "62.5%")


def test_without_a_calibration_each_line_keeps_its_colour() -> None:
    figures = figures_of(after=None)

    assert savings_chart(figures).names == (BEFORE, AT_RANDOM)
    assert savings_chart(figures).series == [0, 2]
    assert quarter_reviewed(figures).calibrated is None
    assert not keeps_order(figures)


def test_lines_that_lie_on_each_other_are_known() -> None:
    assert not keeps_order(figures_of())
    assert keeps_order(figures_of(after=RAW))


@pytest.mark.parametrize(
    ("values", "bottom"), [([0.93], 0.9), ([0.3], 0.3), ([1.0, 1.0], 0.9), ([0.04], 0.0), ([], 0.0)]
)
def test_an_axis_begins_at_the_tenth_below(values: list[float], bottom: float) -> None:
    assert tenth_below(values) == pytest.approx(bottom)
