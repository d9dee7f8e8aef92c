"""A real browser for the pages people look at, and Ctrl-C for what tests start."""

import os
import shutil
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, sync_playwright

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
NO_BROWSER = "no Chromium here: make browser brings one, or set $CHROMIUM to its path"


def pytest_configure() -> None:
    """Undo what a shell does to jobs in the background: what they start would ignore Ctrl-C too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def find_chromium(playwright: Playwright) -> str:
    """Path of the browser; without one, CI fails and everyone else skips."""
    names = (os.environ.get("CHROMIUM"), *CHROMIUM_NAMES, playwright.chromium.executable_path)
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(NO_BROWSER)
    pytest.skip(NO_BROWSER)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the very end what was not tested for want of a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    untested = sum(NO_BROWSER in str(report.longrepr) for report in skipped)
    if untested:
        terminalreporter.write_line(f"{untested} tests of pages did not run: {NO_BROWSER}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
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
