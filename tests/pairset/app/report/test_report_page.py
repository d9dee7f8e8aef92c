"""The report page in a real browser: it shows everything, fetches nothing, and obeys."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pairset.app.report.report import report
from pairset.app.report.settings import ReportSettings
from pairset.store import PairSet
from tests.annotator.small_set import make_set, mine_again
from tests.conftest import Witness


@pytest.fixture
def folder(annotated_set: PairSet, page: Page, witness: Witness) -> Path:
    """The folder of a report, once the browser shows it."""
    report(ReportSettings(set_url=annotated_set.url))
    folder = Path(annotated_set.url) / "report"
    page.goto((folder / "index.html").as_uri())
    page.wait_for_load_state("networkidle")
    return folder


def confidences_shown(page: Page) -> list[str]:
    cards = page.locator("#pairs > article:visible").all()
    return [card.get_attribute("data-confidence") or "" for card in cards]


def check_first_mask(page: Page, opacity: str) -> None:
    """It fades in and out: waits for it, however long the machine takes."""
    expect(page.locator("#pairs .mask").first).to_have_css("opacity", opacity, timeout=60_000)


@pytest.mark.usefixtures("folder")
def test_both_images_of_every_pair_have_loaded(page: Page) -> None:
    widths = page.evaluate(
        "[...document.querySelectorAll('article')].map("
        "card => [...card.querySelectorAll('.frame > img:first-child')].map(i => i.naturalWidth))"
    )

    assert len(widths) == 15
    assert all(len(pair) == 2 and min(pair) > 0 for pair in widths)


@pytest.mark.usefixtures("folder")
def test_every_mask_has_loaded(page: Page) -> None:
    widths = page.evaluate("[...document.querySelectorAll('.mask')].map(i => i.naturalWidth)")

    assert len(widths) == 15
    assert min(widths) > 0


def test_an_image_of_fewer_pixels_is_shown_as_large_as_its_partner(
    tmp_path: Path, page: Page
) -> None:
    wide, high = (folder / "set" for folder in (tmp_path / "wide", tmp_path / "high"))
    for place, size in ((wide, (120, 60)), (high, (60, 120))):
        pair_set = make_set(place.parent, pairs=1, size=size)
        with Image.open(place.parent / "000-target.png") as target:
            target.reduce(2).save(place.parent / "000-target.png")
        mine_again(pair_set)
        report(ReportSettings(set_url=pair_set.url))
        page.goto((Path(pair_set.url) / "report" / "index.html").as_uri())
        page.wait_for_load_state("networkidle")
        sizes = page.evaluate(
            "[...document.querySelectorAll('#pairs .frame > img:first-child')]"
            ".map(i => [i.clientWidth, i.clientHeight, i.closest('.side').clientWidth])"
        )
        assert sizes[0] == sizes[1]
        assert max(sizes[0][:2]) == sizes[0][2]


def test_nothing_is_fetched_from_outside_the_folder(witness: Witness, folder: Path) -> None:
    inside = (folder.as_uri() + "/", "data:")

    assert len(witness.requests) > 10
    assert [url for url in witness.requests if not url.startswith(inside)] == []


@pytest.mark.usefixtures("folder")
def test_the_browser_has_nothing_to_complain_about(page: Page, witness: Witness) -> None:
    page.get_by_role("button", name="Recolor").click()
    page.locator("summary:visible").first.click()

    assert witness.complaints == []


@pytest.mark.usefixtures("folder")
def test_what_a_set_says_is_shown_as_text(page: Page) -> None:
    assert page.get_by_text('<script>alert("x")</script> & <b>bold</b>').count() == 1


@pytest.mark.usefixtures("folder")
def test_the_checkbox_shows_what_changed(page: Page) -> None:
    check_first_mask(page, "0")

    page.get_by_label("Show what changed").check()

    check_first_mask(page, "1")


@pytest.mark.usefixtures("folder")
def test_the_key_m_shows_what_changed_and_hides_it_again(page: Page) -> None:
    page.keyboard.press("m")
    check_first_mask(page, "1")

    page.keyboard.press("m")
    check_first_mask(page, "0")


@pytest.mark.usefixtures("folder")
def test_pointing_at_the_target_shows_what_changed_there(page: Page) -> None:
    page.locator("#pairs .target").first.hover()

    check_first_mask(page, "1")


@pytest.mark.usefixtures("folder")
def test_the_keyboard_reaches_the_target_and_shows_what_changed(page: Page) -> None:
    page.locator("#pairs .target").first.focus()

    check_first_mask(page, "1")


@pytest.mark.usefixtures("folder")
def test_the_filter_leaves_one_edit_type(page: Page) -> None:
    page.get_by_role("button", name="Recolor").click()

    assert sorted(confidences_shown(page)) == ["0.73", "0.91"]
    assert page.locator("#shown").inner_text() == "2 pairs"

    page.get_by_role("button", name="All").click()

    assert len(confidences_shown(page)) == 5


@pytest.mark.usefixtures("folder")
def test_pairs_are_ordered_by_confidence_and_those_without_come_last(page: Page) -> None:
    chosen = confidences_shown(page)
    order = page.get_by_role("combobox", name="Order")

    order.select_option(label="least confident first")
    assert confidences_shown(page) == ["0.08", "0.42", "0.73", "0.91", ""]

    order.select_option(label="most confident first")
    assert confidences_shown(page) == ["0.91", "0.73", "0.42", "0.08", ""]

    order.select_option(label="as chosen")
    assert confidences_shown(page) == chosen


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("width_pixels", [320, 768, 1600])
def test_the_page_never_scrolls_sideways(page: Page, width_pixels: int) -> None:
    page.set_viewport_size({"width": width_pixels, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width_pixels
