"""The evaluation's page in a real browser: one file, everything drawn, every chip obeys."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from pairset.app.cli import main
from pairset.store import PairSet
from tests.conftest import Witness
from tests.finetune.evaluation.reviewed_set import ADAPTER, HOSTILE, MODEL


@pytest.fixture
def opened(reviewed: PairSet, page: Page, witness: Witness) -> Witness:
    """The page, moved away from its set, once the browser shows it."""
    assert main(["evaluate", reviewed.url, "--held-out-share", "0.5"]) == 0
    alone = Path(reviewed.url).parent / "alone" / "evaluation.html"
    alone.parent.mkdir()
    Path(reviewed.url, "report", "evaluation.html").rename(alone)
    page.goto(alone.as_uri())
    page.wait_for_load_state("networkidle")
    return witness


def test_it_is_one_file_without_complaints(page: Page, opened: Witness) -> None:
    page.get_by_role("button", name=MODEL).click()

    assert [url for url in opened.requests if not url.startswith("data:")] == [page.url]
    assert opened.complaints == []


@pytest.mark.usefixtures("opened")
def test_images_of_gained_and_lost_pairs_have_loaded(page: Page) -> None:
    widths = page.evaluate("[...document.querySelectorAll('.frame img')].map(i => i.naturalWidth)")
    titles = page.locator(".pair-groups h3").all_inner_texts()

    assert titles == [f"Gained by {ADAPTER}", f"Lost by {ADAPTER}"]
    assert len(widths) == 2 * page.locator("article").count() > 8
    assert set(widths) == {320}


@pytest.mark.usefixtures("opened")
def test_every_annotator_is_drawn_in_every_chart(page: Page) -> None:
    for name in ("Reliability diagram", "Risk over coverage"):
        plot = page.get_by_role("img", name=name)
        lines = plot.locator("polyline").all()
        assert len(lines) == 2
        for line in lines:
            box = line.bounding_box()
            assert box is not None
            assert box["width"] > 50
    assert page.get_by_role("img", name="Reliability diagram").locator("circle").count() == 30


@pytest.mark.usefixtures("opened")
def test_bars_are_as_long_as_the_shares_beside_them(page: Page) -> None:
    bars = page.locator(".share-cell")
    for bar in bars.all():
        said = float(bar.locator(".value").inner_text().removesuffix(" %"))
        track, fill = (bar.locator(f"rect.{name}").bounding_box() for name in ("track", "fill"))
        assert track is not None
        assert fill is not None
        assert 100 * fill["width"] / track["width"] == pytest.approx(said, abs=1)
    assert bars.count() == 8


@pytest.mark.usefixtures("opened")
def test_a_chip_changes_the_measure_of_its_panel_alone(page: Page) -> None:
    by_type, by_error = (
        page.locator("section", has=page.get_by_role("heading", name=title))
        for title in ("By edit type", "By what the reviewers found wrong")
    )
    before = [part.locator(".words:visible b").all_inner_texts() for part in (by_type, by_error)]

    by_type.get_by_role("button", name="Change seen").click()

    after = [part.locator(".words:visible b").all_inner_texts() for part in (by_type, by_error)]
    assert len(before[0]) == len(after[0]) == 6
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.usefixtures("opened")
def test_the_confusion_is_that_of_the_chosen_annotator(page: Page) -> None:
    assert page.get_by_text(f"Edit type by {ADAPTER}").is_visible()

    page.get_by_role("button", name=MODEL).click()

    assert page.get_by_text(f"Edit type by {MODEL}").is_visible()
    assert not page.get_by_text(f"Edit type by {ADAPTER}").is_visible()


@pytest.mark.usefixtures("opened")
def test_words_are_text_and_those_the_reviewers_do_not_have_are_marked(page: Page) -> None:
    reviewers = page.locator(".saying.reviewers", has_text=HOSTILE)
    lost = page.locator("section[aria-label^=Lost] article").first

    assert reviewers.count() > 0
    assert lost.locator("mark").count() > 0
    assert lost.locator(".reviewers mark").count() == 0


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("width_pixels", [320, 768, 1600])
def test_the_page_never_scrolls_sideways(page: Page, width_pixels: int) -> None:
    page.set_viewport_size({"width": width_pixels, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width_pixels
