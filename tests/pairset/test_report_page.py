"""The report page in a real browser: it shows everything, fetches nothing, and obeys."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from pairset.report.page import report
from pairset.report.settings import ReportSettings
from pairset.store import PairSet

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOW_TO_INSTALL = "no Chromium on PATH: apt-get install chromium, or set $CHROMIUM to its path"


def find_chromium() -> str:
    """Path of the browser; without one, CI fails and everyone else skips."""
    names = (os.environ.get("CHROMIUM"), *CHROMIUM_NAMES)
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(HOW_TO_INSTALL)
    pytest.skip(HOW_TO_INSTALL)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield running
        running.close()


class Witness:
    """What a page asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._note_request)
        page.on("requestfailed", lambda request: self.complaints.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.fixture
def witness(page: Page) -> Witness:
    return Witness(page)


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


def opacity_of_first_mask(page: Page) -> float:
    page.wait_for_timeout(250)  # the overlay fades in
    return float(page.locator("#pairs .mask").first.evaluate("e => getComputedStyle(e).opacity"))


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
    assert opacity_of_first_mask(page) == 0

    page.get_by_label("Show what changed").check()

    assert opacity_of_first_mask(page) == 1


@pytest.mark.usefixtures("folder")
def test_the_key_m_shows_what_changed_and_hides_it_again(page: Page) -> None:
    page.keyboard.press("m")
    assert opacity_of_first_mask(page) == 1

    page.keyboard.press("m")
    assert opacity_of_first_mask(page) == 0


@pytest.mark.usefixtures("folder")
def test_pointing_at_the_target_shows_what_changed_there(page: Page) -> None:
    page.locator("#pairs .target").first.hover()

    assert opacity_of_first_mask(page) == 1


@pytest.mark.usefixtures("folder")
def test_the_keyboard_reaches_the_target_and_shows_what_changed(page: Page) -> None:
    page.locator("#pairs .target").first.focus()

    assert opacity_of_first_mask(page) == 1


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
