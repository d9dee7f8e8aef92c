"""Confidence held against verdicts, on the page, in a real browser."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pairset.app.report.report import report
from pairset.app.report.settings import ReportSettings
from pairset.records import Annotation, rows_of
from pairset.store import PairSet
from tests.conftest import Witness
from tests.pairset.conftest import HOSTILE
from tests.pairset.judged_set import TARGET, figures_of, mistake_of, write_figures

TITLE = "Confidence, held against verdicts"


def annotations(pair_set: PairSet) -> list[Annotation]:
    (stage,) = pair_set.runs("annotations")
    rows = [row for table in stage.tables() for row in rows_of(Annotation, table)]
    return [row for row in rows if row.confidence is not None]


def show(pair_set: PairSet, page: Page) -> None:
    report(ReportSettings(set_url=pair_set.url))
    page.goto((Path(pair_set.url) / "report" / "index.html").as_uri())
    page.wait_for_load_state("networkidle")


@pytest.fixture
def judged(annotated_set: PairSet) -> PairSet:
    """Four verdicts on it, a certificate, and two mistakes: one fixed, one rejected."""
    first, second, *_ = annotations(annotated_set)
    mistakes = (
        mistake_of(first, HOSTILE, "wrong_attribute"),
        mistake_of(second, None, "unrelated_pair"),
    )
    write_figures(annotated_set, replace(figures_of(), mistakes=mistakes, certificate=TARGET))
    return annotated_set


@pytest.fixture
def shown(judged: PairSet, page: Page, witness: Witness) -> Witness:
    """The page once the browser has it."""
    show(judged, page)
    return witness


def test_a_set_without_verdicts_shows_nothing_of_it(annotated_set: PairSet, page: Page) -> None:
    show(annotated_set, page)

    assert page.locator("#judged-title").count() == 0


@pytest.mark.usefixtures("shown")
def test_every_curve_is_drawn_before_and_after(page: Page) -> None:
    lines = {"Reliability diagram": 2, "Risk over coverage": 2, "Savings curve": 3}
    for name, count in lines.items():
        drawn = page.get_by_role("img", name=name, exact=True).locator(".line").all()
        assert len(drawn) == count
        for line in drawn:
            box = line.bounding_box()
            assert box is not None
            assert box["width"] > 50
    diagram = page.get_by_role("img", name="Reliability diagram", exact=True)
    assert diagram.locator("circle").count() == 4


@pytest.mark.usefixtures("shown")
def test_the_certificate_is_marked_and_told(page: Page) -> None:
    risk = page.get_by_role("img", name="Risk over coverage", exact=True)

    assert risk.locator(".mark-line text").all_text_contents() == [
        "certified risk: at most 20.0%",
        "accepted 25%",
    ]
    assert "certified, from a probability of 0.550 on" in page.locator(".judged").inner_text()


@pytest.mark.usefixtures("shown")
def test_pictures_of_the_mistakes_have_loaded(page: Page) -> None:
    widths = page.evaluate(
        "[...document.querySelectorAll('.mistakes .frame > img')].map(i => i.naturalWidth)"
    )

    assert len(widths) == 6  # source, target and mask of each
    assert min(widths) > 0


@pytest.mark.usefixtures("shown")
def test_what_the_reviewer_made_of_a_mistake_stands_below_it(page: Page) -> None:
    fixed, rejected = page.locator(".mistakes article").all()

    assert fixed.locator(".objection .instruction").inner_text() == HOSTILE
    assert fixed.locator(".objection .tag").all_inner_texts() == ["Fixed", "Wrong attribute"]
    assert "changed: English, Chinese inverse" in fixed.inner_text()
    assert rejected.locator(".objection .tag").all_inner_texts() == ["Rejected", "Unrelated pair"]
    assert rejected.locator(".objection .instruction").count() == 0
    assert "ann@" not in page.locator(".judged").inner_text()


@pytest.mark.usefixtures("shown")
def test_each_curve_can_be_read_as_a_table(page: Page) -> None:
    page.get_by_text("Savings curve as a table").click()

    row = page.get_by_role("row", name="25%")
    expect(row).to_be_visible()
    assert row.get_by_role("cell").all_inner_texts() == ["62.5%", "75.0%", "62.5%"]


def test_nothing_is_complained_about_or_fetched_from_elsewhere(
    shown: Witness, judged: PairSet, page: Page
) -> None:
    for summary in page.locator(".judged summary").all():
        summary.click()
    inside = ((Path(judged.url) / "report").as_uri() + "/", "data:")

    assert shown.complaints == []
    assert [url for url in shown.requests if not url.startswith(inside)] == []


@pytest.mark.usefixtures("shown")
@pytest.mark.parametrize("width_pixels", [320, 390, 1280])
def test_the_page_never_scrolls_sideways(page: Page, width_pixels: int) -> None:
    page.set_viewport_size({"width": width_pixels, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width_pixels


def test_verdicts_that_were_chosen_are_called_so(judged: PairSet, page: Page) -> None:
    write_figures(judged, replace(figures_of(), drawn=1))
    show(judged, page)

    assert "of which only 1 were drawn at random" in page.locator(".caution").first.inner_text()


def test_without_a_calibration_there_is_the_raw_confidence_alone(
    judged: PairSet, page: Page
) -> None:
    write_figures(judged, figures_of(after=None))
    show(judged, page)

    assert "scikit-learn is not installed" in page.locator(".judged").inner_text()
    savings = page.get_by_role("img", name="Savings curve", exact=True)
    assert savings.locator(".line").count() == 2


def test_figures_of_other_annotations_are_not_shown(judged: PairSet, page: Page) -> None:
    write_figures(judged, figures_of(annotator="another"))
    show(judged, page)

    assert page.get_by_role("heading", name=TITLE).is_visible()
    assert "Measure anew with: pairset triage" in page.locator("main").inner_text()
    assert page.locator(".judged").count() == 0
