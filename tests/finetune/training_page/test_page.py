"""The training page in a real browser: one file, the curve drawn, replies before and after."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from finetune.examples.make import make_examples
from finetune.examples.split import SplitRule
from finetune.lora.sample_replies import Sample, draw
from finetune.training_page.training_page import write_training_page
from pairset.app.cli import main
from pairset.models.adapter_cards import AdapterCard
from pairset.records import Example
from pairset.store import PairSet
from tests.conftest import Witness
from tests.finetune.evaluation.reviewed_set import HOSTILE, make_reviewed_set

CARD = AdapterCard(
    name="first",
    method="supervised",
    model="starter",
    model_identity="a1b2",
    prompt_id="p1",
    start_from=None,
    data="d1",
    examples="e1",
    trained_on=12,
    unchanged=3,
    excluded={"too_long": 1},
    settings={"model": "starter", "rank": 16, "name": None, "error_weights": {"wrong_object": 1.5}},
    versions={"peft": "0.21"},
    figures={
        "steps": 40.0,
        "seconds": 9.0,
        "examples_per_second": 8.0,
        "loss": 1.25,
        "padding_share": 0.02,
    },
    finished_at="2026-01-01T00:00:00+00:00",
)
CURVE = "".join(
    f'{{"step": {step}, "loss": {20 / step}, "learning_rate": {1e-5 * step}}}\n'
    for step in range(1, 41)
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> PairSet:
    return make_reviewed_set(tmp_path_factory.mktemp("drawn"), 24)


@pytest.fixture(scope="module")
def examples(drawn: PairSet) -> list[Example]:
    return make_examples(drawn, SplitRule(held_out_share=0.5, seed=0), include_auto=False)


@pytest.fixture
def opened(
    drawn: PairSet, examples: list[Example], tmp_path: Path, page: Page, witness: Witness
) -> Witness:
    """A page of three pairs: after training two are right, and one reply is none."""
    held_out = draw(examples)[:3]
    samples = [
        Sample(each, before=str(each.original_reply), after=str(each.reply)) for each in held_out
    ]
    samples[2] = replace(samples[2], after=f"I cannot. {HOSTILE}")
    told = "9000 tokens, more than --context-tokens 8192"
    table = [replace(examples[0], exclusion="too_long", exclusion_detail=told), *examples[1:]]
    (tmp_path / "curve.jsonl").write_text(CURVE)
    path = write_training_page(drawn, tmp_path, CARD, table, samples)
    alone = shutil.move(path, tmp_path / "alone.html")
    page.goto(Path(alone).as_uri())
    page.wait_for_load_state("networkidle")
    return witness


def test_it_is_one_file_without_complaints(page: Page, opened: Witness) -> None:
    assert [url for url in opened.requests if not url.startswith("data:")] == [page.url]
    assert opened.complaints == []


@pytest.mark.usefixtures("opened")
def test_loss_and_learning_rate_are_drawn_as_wide_as_their_plots(page: Page) -> None:
    for name in ("Loss over steps", "Learning rate over steps"):
        plot = page.get_by_role("img", name=name)
        line, grid = (plot.locator(part).first.bounding_box() for part in ("polyline", "line.grid"))
        assert line is not None
        assert grid is not None
        assert line["width"] > 0.9 * grid["width"]
        assert line["height"] > 100


@pytest.mark.usefixtures("opened")
def test_what_was_left_out_says_why(page: Page) -> None:
    row = page.locator(".left-out tbody tr")

    assert row.count() == 1
    assert row.inner_text().split("\t") == [
        "Too long",
        "1",
        "9000 tokens, more than --context-tokens 8192",
    ]


@pytest.mark.usefixtures("opened")
def test_settings_and_figures_of_the_card_are_there(page: Page) -> None:
    settings = dict(
        zip(
            page.locator(".settings dt").all_inner_texts(),
            page.locator(".settings dd").all_inner_texts(),
            strict=True,
        )
    )

    assert (settings["rank"], settings["error weights"]) == ("16", "wrong_object 1.5")
    assert "name" not in settings
    assert (settings["peft"], settings["base"]) == ("0.21", "a1b2")
    assert "12 examples" in page.locator(".counts").inner_text()
    assert "3 of them copies that mining found" in page.locator(".counts").inner_text()


@pytest.mark.usefixtures("opened")
def test_each_pair_shows_images_before_after_and_the_reviewer(
    page: Page, examples: list[Example]
) -> None:
    cards = page.locator("article").all()
    widths = page.evaluate("[...document.querySelectorAll('.frame img')].map(i => i.naturalWidth)")

    assert widths == [320] * 6
    for card, example in zip(cards, draw(examples), strict=False):
        names = card.locator(".who b").all_inner_texts()
        assert names == ["Before", "After", "Reviewer"]
        reviewer = card.locator(".reviewers .instruction").first
        assert reviewer.inner_text() == example.instruction_en
    for card in cards[:2]:
        after = card.locator(".saying", has_text="After")
        assert after.locator(".tag").all_inner_texts() == ["Exact"]
        assert after.locator("mark").count() == 0


@pytest.mark.usefixtures("opened")
def test_a_reply_that_breaks_the_rules_is_shown_as_text(page: Page) -> None:
    after = page.locator("article").last.locator(".saying", has_text="After")

    assert after.locator(".tag").inner_text() == "No valid reply"
    assert HOSTILE in after.locator(".raw").inner_text()


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("width_pixels", [320, 768, 1600])
def test_the_page_never_scrolls_sideways(page: Page, width_pixels: int) -> None:
    page.set_viewport_size({"width": width_pixels, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width_pixels


@pytest.mark.filterwarnings("ignore::DeprecationWarning:peft")
def test_training_writes_it_and_says_where(
    drawn: PairSet, tmp_path: Path, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    pair_set = PairSet(shutil.copytree(drawn.url, tmp_path / "set").as_posix())
    quick = ("--model", "starter", "--epochs", "1", "--rank", "8", "--name", "first")
    assert main(["train", pair_set.url, *quick, "--samples", "2"]) == 0

    path = Path(pair_set.url, "adapters", "first", "training.html")
    assert str(path) in capsys.readouterr().out
    page.goto(path.as_uri())
    assert page.locator("article").count() == 2
    assert page.locator("h1").inner_text() == "first"
