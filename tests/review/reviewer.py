"""A reviewer at the keyboard: what a person does on the labelling page, done by Chromium."""

from playwright.sync_api import Browser, Locator, Page, Request, Response

_SUBMIT, _SKIP = "Control+Enter", "Control+Space"
_LEFT_THE_PAGE = "net::ERR_ABORTED"
_TIPS = "/heidi-tips"
"""Label Studio's advertisements, which a server that stays at home cannot fetch."""


Box = tuple[float, float, float, float]
"""Left, top, right, bottom, each from 0 to 1."""


class Reviewer:
    """One person, in a browser profile of their own."""

    def __init__(self, browser: Browser) -> None:
        self.page: Page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        self.complaints: list[str] = []
        self.origins: set[str] = set()
        self.pair_id = ""
        """The pair on the page."""
        self.actions = 0
        """Keys and clicks since the pair was shown."""
        self.page.on("request", lambda request: self.origins.add(_origin(request.url)))
        self.page.on("requestfailed", self._note_failure)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._note_response)

    def _note_failure(self, request: Request) -> None:
        if request.failure != _LEFT_THE_PAGE:
            self.complaints.append(f"{request.failure} {request.url}")

    def _note_response(self, response: Response) -> None:
        if response.status >= 400 and _TIPS not in response.url:
            self.complaints.append(f"{response.status} {response.url}")

    def sign_up(self, invitation: str, email: str, password: str) -> None:
        self.page.goto(invitation)
        self._fill_login(email, password)

    def open_queue(self, link: str, email: str, password: str) -> None:
        """Click the link, log in where asked, and wait for the first pair."""
        with self.page.expect_response(_is_next_task, timeout=60_000) as answer:
            self.page.goto(link)
            if "/user/login" in self.page.url:
                self._fill_login(email, password)
        self._wait_for_pair(answer.value)

    def _fill_login(self, email: str, password: str) -> None:
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/user/" not in url)

    def _wait_for_pair(self, answer: Response) -> None:
        task = answer.json()
        self.pair_id = task["data"]["pair_id"]
        self.page.wait_for_function(_IS_SHOWN, arg=task["id"])
        self.actions = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.actions += 1

    def submit(self) -> str:
        """Submit what is on the page; the id of the pair it was about."""
        return self._leave_pair(_SUBMIT)

    def skip(self) -> str:
        return self._leave_pair(_SKIP)

    def _leave_pair(self, key: str) -> str:
        left = self.pair_id
        with self.page.expect_response(_is_next_task) as answer:
            self.press(key)
        actions = self.actions
        self._wait_for_pair(answer.value)
        self.actions = actions
        return left

    def image_widths(self) -> list[int]:
        """Natural widths of both images, 0 for one that has not loaded."""
        widths: list[int] = self.page.evaluate(
            "[...document.querySelectorAll('img')].filter(i => i.alt === 'image')"
            ".map(i => i.naturalWidth)"
        )
        return widths

    def image_overflow(self) -> list[float]:
        """By how many pixels each image is wider than the frame it is seen through."""
        pixels: list[float] = self.page.evaluate(
            "[...document.querySelectorAll('img[alt=image]')].map(i =>"
            " Math.max(0, i.offsetWidth - i.parentElement.clientWidth))"
        )
        return pixels

    def room_for_images(self) -> int:
        """Width of both frames together."""
        pixels: int = self.page.evaluate(
            "[...document.querySelectorAll('img[alt=image]')]"
            ".reduce((sum, i) => sum + i.parentElement.clientWidth, 0)"
        )
        return pixels

    def open_panels(self) -> int:
        """How many panels stand open beside the pictures."""
        self.page.wait_for_selector(_PANELS_ARROW)
        return self.page.locator(".lsf-tabs-panel__body").count()

    def press_panels_arrow(self) -> None:
        """Open all panels, or close them."""
        self.page.locator(_PANELS_ARROW).click()

    def see_again(self) -> None:
        """Load the page anew, and wait for its pair."""
        with self.page.expect_response(_is_next_task) as answer:
            self.page.reload()
        self._wait_for_pair(answer.value)

    def hidden_regions(self) -> list[bool]:
        """Of box and mask, whether each is hidden."""
        hidden: list[bool] = self.page.evaluate(f"{_REGIONS}.map(region => region.hidden)")
        return hidden

    def masks(self) -> list[list[int]]:
        """What is painted, packed."""
        packed: list[list[int]] = self.page.evaluate(
            "Htx.annotationStore.selected.serializeAnnotation()"
            ".filter(each => each.type === 'brushlabels').map(each => [...each.value.rle])"
        )
        return packed

    def texts(self) -> list[str]:
        """What stands in the four text fields."""
        return self.page.get_by_test_id("htx-textbox-content").all_inner_texts()

    def rewrite_instruction(self, text: str) -> None:
        """Click the pencil of the English instruction, and type."""
        self.page.get_by_test_id("htx-textbox-edit-button").first.click()
        self.page.get_by_test_id("htx-textbox-input").fill(text)
        self.page.get_by_test_id("htx-textbox-save").click()

    def tick(self, text: str) -> None:
        """Click a choice by its words."""
        self.page.get_by_text(text, exact=True).click()
        self.actions += 1

    def move_box(self, box: Box, right: float, down: float) -> None:
        """Drag a box of the prediction by its border; all in shares of the target."""
        area = self._target().bounding_box()
        assert area is not None
        x = area["x"] + (box[0] + box[2]) / 2 * area["width"]
        y = area["y"] + box[1] * area["height"]
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + right * area["width"], y + down * area["height"], steps=8)
        self.page.mouse.up()

    def draw_box(self, left: float, top: float, right: float, bottom: float) -> None:
        """Drag a box over the target; sides from 0 to 1."""
        before = self.page.evaluate(_REGION_COUNT)
        self.press("c")
        area = self._target().bounding_box()
        assert area is not None
        start = (area["x"] + left * area["width"], area["y"] + top * area["height"])
        end = (area["x"] + right * area["width"], area["y"] + bottom * area["height"])
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=8)
        self.page.mouse.up()
        self.page.wait_for_function(f"{_REGION_COUNT} === {before + 1}")

    def _target(self) -> Locator:
        return self.page.locator("img[alt=image]").nth(1)


_IS_SHOWN = """task => {
    const page = window.Htx, annotation = page?.annotationStore?.selected;
    if (page?.task?.id != task || !annotation) return false;
    const images = [...document.querySelectorAll("img[alt=image]")];
    return images.length == 2 && images.every(image => image.naturalWidth > 0)
        && ["src", "tgt"].every(name => annotation.names.get(name)?.imageIsLoaded)
        && document.querySelectorAll("input[type=radio]").length > 2;
}"""
"""The page of this task, not of the one before, with both images in their frames."""
_PANELS_ARROW = "[data-tooltip$=' Group'] >> nth=0"
_REGIONS = "Htx.annotationStore.selected.regionStore.regions"
_REGION_COUNT = f"{_REGIONS}.length"


def _is_next_task(response: Response) -> bool:
    return "next_task" in response.url and response.ok


def _origin(url: str) -> str:
    return "/".join(url.removeprefix("blob:").split("/")[:3])
