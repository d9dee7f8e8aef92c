"""What stands on the report page, before any browser sees it."""

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image as Pillow

from pairset.app.cli import main
from pairset.app.report.contents import demo_figures
from pairset.app.report.overlay import change_overlay
from pairset.app.status.funnel import funnel
from pairset.formats.masks import encode_mask
from pairset.pages.bars import BAR_WIDTH, HISTOGRAM_HEIGHT, funnel_bars, histogram_bars
from pairset.pages.thumbnails import Thumbnail
from pairset.records import Pair, Triage, rows_of, table_of
from pairset.store import PairSet, create_set


class Page(HTMLParser):
    """Every element of a page with its attributes, and what stands in style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self.words: list[str] = []
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag if tag in ("style", "script") else None

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.raw[self._inside] = self.raw.get(self._inside, "") + data
        elif data.strip():
            self.words.append(" ".join(data.split()))

    def all(self, tag: str, name: str | None = None) -> list[dict[str, str | None]]:
        found = (attributes for element, attributes in self.elements if element == tag)
        return [each for each in found if name is None or name in (each.get("class") or "").split()]


def report_on(pair_set: PairSet, *options: str) -> Page:
    assert main(["report", pair_set.url, *options]) == 0
    return Page(Path(pair_set.url, "report", "index.html").read_text(encoding="utf-8"))


def first_pair(pair_set: PairSet) -> Pair:
    current = pair_set.current("pairs")
    assert current is not None
    return next(rows_of(Pair, current.read("00000")))


def kept_cards(page: Page) -> list[dict[str, str | None]]:
    return [card for card in page.all("article") if "data-edit-type" in card]


def test_the_bars_of_the_funnel_end_where_the_next_begin() -> None:
    counts = {("kept", True): 50, ("unrelated", True): 30, ("exact_copy", False): 20}
    bars = funnel_bars(funnel(counts))

    assert [bar.left_width for bar in bars] == [800.0, 500.0, 500.0]
    assert [bar.turned_away_width for bar in bars] == [200.0, 300.0, 0.0]
    assert bars[0].left_width + bars[0].turned_away_width == BAR_WIDTH


def test_one_in_a_million_still_shows() -> None:
    counts = {("kept", True): 999_999, ("unrelated", True): 1}

    assert funnel_bars(funnel(counts))[0].turned_away_width > 1


def test_the_tallest_bar_fills_the_histogram() -> None:
    bars = histogram_bars([0, 2, 4])

    assert [bar.height for bar in bars] == [0.0, HISTOGRAM_HEIGHT / 2, HISTOGRAM_HEIGHT]
    assert bars[2].title == "0.67 to 1.00: 4"


def test_figures_of_the_demo_are_those_that_were_measured() -> None:
    figures = demo_figures({"pair_precision": 0.984, "exact_en": None, "engine": "vllm"})

    assert [(figure.name, figure.value) for figure in figures] == [("pair precision", "0.98")]


def test_the_overlay_lies_where_the_target_shows_what_changed(mined_set: PairSet) -> None:
    mirror = [-1.0, 0.0, 1.0, 0.0, 1.0, 0.0]
    pair = first_pair(mined_set)
    target = Thumbnail("images/x.jpg", 80, 60)

    upright = overlay_pixels(change_overlay(pair, target))
    mirrored = overlay_pixels(change_overlay(replace(pair, alignment=mirror), target))

    assert (is_marked(upright, 10, 10), is_marked(upright, 70, 10)) == (True, False)
    assert (is_marked(mirrored, 10, 10), is_marked(mirrored, 70, 10)) == (False, True)
    assert not is_marked(upright, 10, 50)


def overlay_pixels(url: str | None) -> Pillow.Image:
    assert url is not None
    content = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    return Pillow.open(io.BytesIO(content)).convert("RGBA")


def is_marked(image: Pillow.Image, x: int, y: int) -> bool:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return pixel[3] > 0


def test_where_nothing_changed_there_is_no_overlay(mined_set: PairSet) -> None:
    pair, target = first_pair(mined_set), Thumbnail("images/x.jpg", 80, 60)
    empty = encode_mask(np.zeros((30, 40), dtype=bool))
    assert change_overlay(replace(pair, change_mask=empty), target) is None
    assert change_overlay(replace(pair, change_mask=None), target) is None
    assert change_overlay(pair, Thumbnail(None, problem="missing")) is None


def test_every_kept_pair_has_a_card_with_both_images(annotated_set: PairSet) -> None:
    page = report_on(annotated_set)

    assert len(kept_cards(page)) == 5
    sources = [image["src"] or "" for image in page.all("img")]
    shown = [source for source in sources if not source.startswith("data:")]
    assert len(shown) == 2 * 15
    assert all((Path(annotated_set.url) / "report" / source).is_file() for source in shown)


def test_instructions_stand_there_in_their_language(annotated_set: PairSet) -> None:
    page = report_on(annotated_set)

    languages = {paragraph.get("lang") for paragraph in page.all("p", "instruction")}
    assert languages == {"en", "zh"}
    assert "把方块涂成红色。" in page.words
    assert "Paint the square red." in page.words


def test_what_a_set_says_is_never_markup(annotated_set: PairSet) -> None:
    page = report_on(annotated_set)

    assert '<script>alert("x")</script> & <b>bold</b>' in page.words
    assert len(page.all("script")) == 1


def test_the_policy_allows_the_own_script_and_style_and_nothing_else(
    annotated_set: PairSet,
) -> None:
    page = report_on(annotated_set)
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv")]

    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src 'self' data:;")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[tag].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not [attributes for _, attributes in page.elements if "style" in attributes]


def test_nothing_on_the_page_points_elsewhere(annotated_set: PairSet) -> None:
    page = report_on(annotated_set)

    addresses = [
        str(attributes[name])
        for _, attributes in page.elements
        for name in ("src", "href", "action", "srcset", "poster")
        if name in attributes
    ]
    assert addresses
    assert all(re.match(r"images/[0-9a-f]{32}\.jpg$|data:|#", address) for address in addresses)
    assert "url(" not in page.raw["style"]
    assert "@import" not in page.raw["style"]


def test_every_picture_has_a_text_that_stands_in_for_it(annotated_set: PairSet) -> None:
    assert all(image["alt"] for image in report_on(annotated_set).all("img"))


def test_a_set_without_annotations_has_a_page(mined_set: PairSet) -> None:
    page = report_on(mined_set)

    assert len(kept_cards(page)) == 5
    assert "No instruction yet." in page.words
    assert not page.all("svg", "histogram")


def test_an_empty_set_has_a_page(tmp_path: Path) -> None:
    create_set(str(tmp_path)).save_run("mine", {})

    page = report_on(PairSet(str(tmp_path)))

    assert "No pair has been kept." in page.words


def test_a_failed_annotation_says_why(annotated_set: PairSet) -> None:
    assert any("the reply was invalid" in words for words in report_on(annotated_set).words)


def test_an_image_that_is_gone_is_explained(mined_set: PairSet) -> None:
    Path(first_pair(mined_set).source_uri).unlink()

    page = report_on(mined_set)

    assert any("no such file" in words for words in page.words)
    assert len(kept_cards(page)) == 5


def test_the_least_confident_come_first_and_the_page_says_so(annotated_set: PairSet) -> None:
    page = report_on(annotated_set, "--shown-pairs", "2", "--choose", "least-confident")

    assert [card["data-confidence"] for card in kept_cards(page)] == ["0.08", "0.42"]
    assert "The 2 least confident of 5." in page.words


def test_a_random_choice_follows_its_seed(annotated_set: PairSet) -> None:
    def chosen(seed: int) -> list[str]:
        page = report_on(annotated_set, "--shown-pairs", "2", "--seed", str(seed))
        assert f"2 of 5, drawn at random with seed {seed}." in page.words
        return [str(image["src"]) for image in page.all("img")[:6]]

    assert chosen(1) == chosen(1)
    assert any(chosen(seed) != chosen(1) for seed in range(2, 6))


def test_rejected_pairs_are_shown_by_reason_with_their_numbers(mined_set: PairSet) -> None:
    page = report_on(mined_set)

    groups = [section["aria-label"] for section in page.all("section", "group")]
    assert groups[:3] == ["Exact copy", "Unreadable", "Unrelated"]
    assert "0.875" in page.words


def test_a_set_after_triage_has_a_page_before_reviewers_agreed(annotated_set: PairSet) -> None:
    row = Triage("annotation", "pair", queue="review", reason="below_threshold", confidence=0.4)
    annotated_set.stage("triage", "run").write("00000", table_of(Triage, [row]))
    annotated_set.publish("triage", "run")

    words = report_on(annotated_set).words

    assert "What triage did: nobody has judged anything yet" in words
    assert not any("What the reviewers said" in each for each in words)


def test_the_figures_of_a_demo_stand_on_top(annotated_set: PairSet) -> None:
    document = {"pair_recall": 1.0, "engine": "vllm", "seconds": {"mine": 3.2, "annotate": 8.0}}
    Path(annotated_set.url, "demo.json").write_text(json.dumps(document))

    page = report_on(annotated_set)

    assert "pair recall" in page.words
    assert any("11 seconds" in words for words in page.words)


def test_the_page_can_be_written_elsewhere(mined_set: PairSet, tmp_path: Path) -> None:
    assert main(["report", mined_set.url, "--output", str(tmp_path / "page")]) == 0

    assert (tmp_path / "page" / "index.html").is_file()
    assert not Path(mined_set.url, "report").exists()


def test_a_remote_set_has_its_page_beside_it(mined_set: PairSet) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(mined_set.root, "/bucket/set", recursive=True)

    assert main(["report", "memory://bucket/set"]) == 0

    page = Page(memory.cat_file("/bucket/set/report/index.html").decode())
    assert len(kept_cards(page)) == 5
    assert len(memory.ls("/bucket/set/report/images")) == 20
    memory.rm("/bucket", recursive=True)


@pytest.mark.parametrize("option", [["--shown-pairs", "-1"], ["--thumbnail-pixels", "8"]])
def test_settings_that_cannot_work_are_refused(mined_set: PairSet, option: list[str]) -> None:
    assert main(["report", mined_set.url, *option]) == 2
