"""Intervals that know of scenes, against scipy's and against what must hold."""

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap

from finetune.measures.intervals import Estimate, SceneBootstrap

SAMPLES = 4_000


def outcomes(count: int, seed: int) -> list[float]:
    return np.random.default_rng(seed).integers(0, 2, count).astype(float).tolist()


def width(estimate: Estimate | None) -> float:
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


def test_with_a_scene_for_each_row_it_is_the_plain_bootstrap() -> None:
    values = outcomes(120, 1)
    ours = SceneBootstrap([str(row) for row in range(120)], SAMPLES, 0).mean(values)
    reference = scipy_bootstrap(
        (values,), np.mean, n_resamples=SAMPLES, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval

    assert ours is not None
    assert ours.value == pytest.approx(np.mean(values))
    assert ours.low == pytest.approx(reference.low, abs=0.012)
    assert ours.high == pytest.approx(reference.high, abs=0.012)


def test_four_copies_of_every_row_are_no_more_evidence_than_one() -> None:
    values = outcomes(100, 2)
    scenes = [str(row) for row in range(100)]
    once = SceneBootstrap(scenes, SAMPLES, 0).mean(values)
    copied = SceneBootstrap(np.repeat(scenes, 4).tolist(), SAMPLES, 0).mean(
        np.repeat(values, 4).tolist()
    )
    as_if_independent = SceneBootstrap([str(row) for row in range(400)], SAMPLES, 0).mean(
        np.repeat(values, 4).tolist()
    )

    assert width(copied) == pytest.approx(width(once))
    assert width(as_if_independent) == pytest.approx(width(once) / 2, rel=0.15)


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    """Scenes of three rows that succeed or fail together; the truth is .6."""
    generator = np.random.default_rng(3)
    scenes = np.repeat(np.arange(80), 3).astype(str).tolist()
    held = 0
    for trial in range(300):
        values = np.repeat(generator.random(80) < 0.6, 3).astype(float).tolist()
        found = SceneBootstrap(scenes, 400, trial).mean(values)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.6 <= found.high

    assert 0.90 <= held / 300 <= 0.98


def test_one_scene_has_a_figure_and_no_interval() -> None:
    assert SceneBootstrap(["s", "s"], 100, 0).mean([1, 0]) == Estimate(0.5, None, None)


def test_some_rows_have_their_own_figure_and_none_have_none() -> None:
    bootstrap = SceneBootstrap(["a", "a", "b", "c"], SAMPLES, 0)
    values = [1.0, 0.0, 1.0, 0.0]

    some = bootstrap.mean_of(values, np.array([True, False, True, True]))
    assert some is not None
    assert some.value == pytest.approx(2 / 3)
    assert (some.low, some.high) == (0, 1)
    assert bootstrap.mean_of(values, np.zeros(4, dtype=bool)) is None


def test_any_figure_of_rows_that_count_several_times() -> None:
    values = np.array(outcomes(60, 4))
    bootstrap = SceneBootstrap([str(row // 2) for row in range(60)], 500, 0)
    everything = np.ones(60, dtype=bool)

    def mean(weights: np.ndarray) -> float | None:
        return float(np.average(values, weights=weights)) if weights.sum() else None

    assert bootstrap.of(mean, everything) == bootstrap.mean(values.tolist())
