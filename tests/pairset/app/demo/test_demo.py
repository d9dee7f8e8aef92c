"""``pairset demo`` as a newcomer runs it: a corpus becomes pairs with instructions, and a page."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from pairset.app.cli import main
from pairset.app.demo.planted_figures import expected_words
from pairset.app.demo.reviewer import review_queue
from pairset.app.demo.truth import load_truth
from pairset.records.verdict import SIMULATED
from pairset.rows.confidence_figures import read_confidence
from pairset.store import open_set
from tests.conftest import Witness

TIMEOUT_SECONDS = 1800


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pairset", "demo", *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
    )


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "out"
    finished = run_demo(str(folder))
    assert finished.returncode == 0, finished.stderr[-4000:]
    return folder


@pytest.fixture(scope="module")
def figures(out: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((out / "demo.json").read_text())
    return document


def test_finds_the_planted_pairs(figures: dict[str, Any]) -> None:
    assert figures["pair_precision"] >= 0.95
    assert figures["pair_recall"] >= 0.95


def test_keeps_no_copy_no_mirrored_copy_and_nothing_unrelated(figures: dict[str, Any]) -> None:
    assert not figures["kept_by_mistake"].keys() & {"copy", "mirrored_copy", "unrelated"}


def test_reports_every_broken_file_with_its_reason(figures: dict[str, Any]) -> None:
    assert figures["broken_reported"] == figures["broken"] > 0


def test_the_starter_is_right_on_learned_behaviour(figures: dict[str, Any]) -> None:
    assert figures["edit_type_accuracy"] >= 0.85
    assert figures["exact_en"] >= 0.6
    assert figures["exact_zh"] >= 0.6


def test_confidence_ranks_right_over_wrong_where_both_occur(figures: dict[str, Any]) -> None:
    if figures["exact_en"] == 1:
        assert figures["confidence_auroc"] is None
    else:
        assert figures["confidence_auroc"] >= 0.7


def test_runs_the_starter_in_vllm_where_vllm_is_installed(figures: dict[str, Any]) -> None:
    pytest.importorskip("vllm")
    assert figures["engine"] == "vllm"


def test_figures_hold_what_the_readme_promises(figures: dict[str, Any]) -> None:
    promised = ["images", "pairs_kept", "pairs_rejected", "errors", "seconds"]
    assert not set(promised) - figures.keys()
    assert {"mine", "annotate"} <= figures["seconds"].keys()


def test_ends_with_a_page_that_shows_every_pair_and_fetches_nothing(
    out: Path, page: Page, witness: Witness, figures: dict[str, Any]
) -> None:
    page.goto((out / "report" / "index.html").as_uri())
    page.wait_for_load_state("networkidle")
    cards = page.locator("#pairs > article")
    assert cards.count() == figures["pairs_kept"]
    loaded = cards.locator("img").evaluate_all(
        """async images => Promise.all(images.map(async image => {
            image.loading = "eager"; await image.decode(); return image.naturalWidth > 0 }))"""
    )
    assert len(loaded) >= 2 * cards.count()
    assert all(loaded)
    assert all(url.startswith((out / "report").as_uri()) for url in witness.requests)
    assert witness.complaints == []


def test_a_second_run_writes_no_row_again(out: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    again = run_demo(str(out))
    assert again.returncode == 0, again.stderr[-4000:]
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")} == before


def test_after_a_review_the_page_shows_what_the_starter_was_surest_of_and_wrong_about(
    out: Path, page: Page, witness: Witness
) -> None:
    pair_set, triage = open_set(str(out)), ["triage", str(out), "--threshold", "1"]
    assert main(triage) == 0
    expected = expected_words(pair_set, out / "corpus", load_truth(out / "truth.json"))
    reviewed = review_queue(pair_set, expected)
    assert main(triage) == main(["report", str(out)]) == 0
    found = read_confidence(pair_set)
    page.goto((out / "report" / "index.html").as_uri())
    page.wait_for_load_state("networkidle")

    assert found is not None
    assert (found.verdicts, found.rests_on, found.reviewers) == (reviewed, reviewed, (SIMULATED,))
    cards = page.locator(".mistakes article")
    assert cards.count() == min(10, found.verdicts - found.accepted) > 0
    words = cards.first.locator("p.instruction[lang=en]").all_inner_texts()
    assert len(set(words)) == 2  # what the starter said, and what is right
    assert page.locator(".mistakes .frame > img").evaluate_all(
        "images => images.every(image => image.naturalWidth > 0)"
    )
    assert witness.complaints == []


def test_corpus_only_stops_at_the_corpus(tmp_path: Path) -> None:
    finished = run_demo(str(tmp_path / "out"), "--corpus-only")
    assert finished.returncode == 0, finished.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"corpus", "truth.json"}


def test_another_seed_needs_another_folder(tmp_path: Path) -> None:
    assert run_demo(str(tmp_path / "out"), "--corpus-only").returncode == 0
    refused = run_demo(str(tmp_path / "out"), "--corpus-only", "--seed", "7")
    assert refused.returncode == 2
    assert "take another folder" in refused.stderr
