"""Reviewers at a real Label Studio, in a real browser; and what of their work reaches the set."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from pairset.records import Verdict, rows_of
from review.agreement import agreement
from review.form import words
from review.form.brush import painted
from review.label_studio.client import StudioClient
from review.pull import pull
from review.settings import AgreementSettings, PullSettings
from review.studio.bootstrap import invite_path
from tests.review.conftest import PAIRS, Studio
from tests.review.drawn_set import DISC_BOX, HEIGHT, OTHER_WORDS, WIDTH
from tests.review.reviewer import Reviewer

CORRECTED = "Add a large disc at the top right."
DRAWN = (0.1, 0.5, 0.4, 0.9)
MOVED = (-0.25, 0.125)
SECOND = "second@pairset.local"
_POLICY = "content-security-policy"
_RUN_WITHOUT_NONCE = """() => {
    const script = document.createElement("script");
    script.textContent = "window.ranWithoutNonce = true";
    document.head.append(script);
    return Boolean(window.ranWithoutNonce);
}"""


@dataclass(frozen=True)
class Reviewed:
    """What two reviewers did, as they saw it; pair ids by what was done with the pair."""

    first: Reviewer
    pairs: dict[str, str]
    texts: list[str]
    widths: list[int]
    overflow: list[float]
    actions_to_accept: int
    second: Reviewer
    seconds_pairs: list[str]
    """In the order they were shown: accepted, rejected, rejected, accepted."""


@pytest.fixture(scope="module")
def reviewed(studio: Studio, browser: Browser) -> Reviewed:
    """A first reviewer accepts, fixes, rejects, skips and draws; a second one then reviews."""
    first = Reviewer(browser)
    first.open_queue(studio.link, studio.login.email, studio.login.password)
    texts, widths, overflow = first.texts(), first.image_widths(), first.image_overflow()
    pairs = {"accepted": _accept(first)}
    actions = first.actions
    pairs |= {"fixed": _fix(first), "rejected": _reject(first), "skipped": first.skip()}
    pairs |= {"boxed": _draw(first), "moved": _move(first), "ticked": _tick(first)}
    pairs |= {"keyed": _press_every_key(first)}
    second, seconds_pairs = _second_opinion(studio, browser)
    pull(PullSettings(set_url=studio.pair_set.url))
    return Reviewed(first, pairs, texts, widths, overflow, actions, second, seconds_pairs)


def _accept(reviewer: Reviewer) -> str:
    reviewer.press("a")
    return reviewer.submit()


def _fix(reviewer: Reviewer) -> str:
    reviewer.rewrite_instruction(CORRECTED)
    reviewer.press("f")
    reviewer.press("y")
    return reviewer.submit()


def _reject(reviewer: Reviewer) -> str:
    reviewer.press("r")
    reviewer.press("4")
    return reviewer.submit()


def _draw(reviewer: Reviewer) -> str:
    reviewer.draw_box(*DRAWN)
    reviewer.press("f")
    return reviewer.submit()


def _move(reviewer: Reviewer) -> str:
    left, top, right, bottom = DISC_BOX
    shares = left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT
    reviewer.move_box(shares, *MOVED)
    reviewer.press("f")
    return reviewer.submit()


def _tick(reviewer: Reviewer) -> str:
    reviewer.tick(OTHER_WORDS)
    reviewer.press("a")
    return reviewer.submit()


def _press_every_key(reviewer: Reviewer) -> str:
    for choice in (words.VERDICTS[2], *words.REJECT_REASONS, *words.ERROR_TYPES):
        reviewer.press(choice.hotkey or "")
    return reviewer.submit()


def _second_opinion(studio: Studio, browser: Browser) -> tuple[Reviewer, list[str]]:
    """Somebody who was invited signs up, and reviews the pairs that the first one saw."""
    password = secrets.token_urlsafe()
    with StudioClient(studio.connection.url, studio.connection.token) as client:
        invitation = f"{studio.connection.url}{invite_path(client)}"
    second = Reviewer(browser)
    second.sign_up(invitation, SECOND, password)
    second.open_queue(studio.link, SECOND, password)
    return second, [step(second) for step in (_accept, _reject, _reject, _accept)]


@pytest.fixture(scope="module")
def verdicts(studio: Studio, reviewed: Reviewed) -> dict[str, list[Verdict]]:
    """Every verdict by a person that the set holds, by pair."""
    found: dict[str, list[Verdict]] = {}
    for table in studio.pair_set.stage("verdicts", "reviews").tables():
        for verdict in rows_of(Verdict, table):
            found.setdefault(verdict.pair_id, []).append(verdict)
    return found


def only(rows: list[Verdict], reviewer: str) -> Verdict:
    (verdict,) = [verdict for verdict in rows if verdict.reviewer == reviewer]
    return verdict


@pytest.fixture(scope="module")
def firsts(
    studio: Studio, reviewed: Reviewed, verdicts: dict[str, list[Verdict]]
) -> dict[str, Verdict]:
    """The first reviewer's verdicts, by what was done."""
    email = studio.login.email
    return {done: only(verdicts[pair], email) for done, pair in reviewed.pairs.items()}


def test_what_must_be_judged_is_not_covered_and_a_key_takes_the_lines_away(
    studio: Studio, browser: Browser
) -> None:
    reviewer = Reviewer(browser)
    reviewer.open_queue(studio.link, studio.login.email, studio.login.password)
    (mask,) = reviewer.masks()
    painted_pixels = painted(mask).reshape(HEIGHT, WIDTH)
    left, top, right, bottom = DISC_BOX
    inside = painted_pixels[top + 4 : bottom - 4, left + 4 : right - 4]  # its corners are round

    assert painted_pixels.any()
    assert not inside.any()
    assert reviewer.hidden_regions() == [False, False]
    reviewer.press("Control+h")
    assert reviewer.hidden_regions() == [True, True]
    reviewer.press("Control+h")
    assert reviewer.hidden_regions() == [False, False]
    assert "Ctrl+H" in reviewer.page.locator("body").inner_text()


def test_panels_are_closed_at_first_and_stay_as_a_reviewer_leaves_them(
    studio: Studio, browser: Browser
) -> None:
    reviewer = Reviewer(browser)
    reviewer.open_queue(studio.link, studio.login.email, studio.login.password)
    assert reviewer.open_panels() == 0
    room = reviewer.room_for_images()

    reviewer.press_panels_arrow()
    assert reviewer.open_panels() == 2
    assert reviewer.room_for_images() < room - 100
    reviewer.see_again()
    assert reviewer.open_panels() == 2

    reviewer.press_panels_arrow()
    reviewer.see_again()
    assert reviewer.open_panels() == 0
    assert reviewer.room_for_images() == room


def test_the_page_closes_its_panels_where_its_policy_on_scripts_is_enforced(
    studio: Studio, browser: Browser
) -> None:
    page = browser.new_page()

    def enforce(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy-report-only"]
        assert "nonce-" in policy
        route.fulfill(response=answer, headers={**answer.headers, _POLICY: policy})

    page.route("**/user/login*", enforce)
    page.goto(f"{studio.connection.url}/user/login")
    assert "collapsedSide" in page.evaluate("localStorage.getItem('panelState')")
    assert page.evaluate(_RUN_WITHOUT_NONCE) is False


def test_both_images_have_loaded(reviewed: Reviewed) -> None:
    assert reviewed.widths == [WIDTH, WIDTH]


def test_both_images_are_shown_whole(reviewed: Reviewed) -> None:
    assert max(reviewed.overflow) == 0


def test_the_texts_of_the_model_are_prefilled(reviewed: Reviewed) -> None:
    assert [text.split()[0] for text in reviewed.texts[::2]] == ["Add", "Remove"]
    assert len(reviewed.texts) == 4


def test_the_pages_have_nothing_to_complain_about(reviewed: Reviewed) -> None:
    assert reviewed.first.complaints == reviewed.second.complaints == []


def test_the_browser_asks_nobody_but_our_server(studio: Studio, reviewed: Reviewed) -> None:
    assert reviewed.first.origins | reviewed.second.origins == {studio.connection.url}


def test_a_plain_accept_takes_two_keys_and_no_click(reviewed: Reviewed) -> None:
    assert reviewed.actions_to_accept == 2


def test_the_least_confident_pair_comes_first(studio: Studio, reviewed: Reviewed) -> None:
    current = studio.pair_set.current("annotations")
    assert current is not None
    rows = current.read("00000", ["pair_id", "confidence"]).to_pylist()
    ascending = [row["pair_id"] for row in sorted(rows, key=lambda row: row["confidence"])]

    assert list(reviewed.pairs.values()) == ascending[: len(reviewed.pairs)]
    assert len(ascending) == PAIRS


def test_exactly_what_was_reviewed_comes_back(
    reviewed: Reviewed, verdicts: dict[str, list[Verdict]]
) -> None:
    assert set(verdicts) == {*reviewed.pairs.values()}
    assert sum(map(len, verdicts.values())) == len(reviewed.pairs) + len(reviewed.seconds_pairs)


def test_an_accepted_pair_keeps_every_word(reviewed: Reviewed, firsts: dict[str, Verdict]) -> None:
    verdict = firsts["accepted"]

    assert verdict.decision == "accept"
    assert verdict.changed_fields == []
    assert [verdict.instruction_en, verdict.instruction_zh] == reviewed.texts[:2]
    assert [verdict.inverse_en, verdict.inverse_zh] == reviewed.texts[2:]
    assert verdict.edit_type == verdict.original_edit_type == "add"


def test_a_fixed_pair_has_the_new_words_beside_the_old(firsts: dict[str, Verdict]) -> None:
    verdict = firsts["fixed"]

    assert verdict.decision == "fix"
    assert verdict.instruction_en == CORRECTED
    assert verdict.original_instruction_en == "Add a green disc at the top right."
    assert verdict.changed_fields == ["instruction_en"]
    assert verdict.error_types == ["wrong_attribute"]


def test_a_rejected_pair_says_why(firsts: dict[str, Verdict]) -> None:
    verdict = firsts["rejected"]

    assert (verdict.decision, verdict.reject_reasons) == ("reject", ["low_quality"])


def test_a_skipped_pair_comes_back_as_skipped(firsts: dict[str, Verdict]) -> None:
    assert firsts["skipped"].decision == "skip"


def test_a_drawn_box_arrives_in_pixels_of_the_target(firsts: dict[str, Verdict]) -> None:
    verdict = firsts["boxed"]
    left, top = min(DISC_BOX[0], DRAWN[0] * WIDTH), min(DISC_BOX[1], DRAWN[1] * HEIGHT)
    right, bottom = max(DISC_BOX[2], DRAWN[2] * WIDTH), max(DISC_BOX[3], DRAWN[3] * HEIGHT)

    assert verdict.original_change_box == pytest.approx(DISC_BOX, abs=0.5)
    assert verdict.change_box == pytest.approx([left, top, right, bottom], abs=3)
    assert verdict.changed_fields == ["change_box"]


def test_the_box_of_mining_can_be_moved(firsts: dict[str, Verdict]) -> None:
    verdict = firsts["moved"]
    right, down = MOVED[0] * WIDTH, MOVED[1] * HEIGHT
    left, top, end, bottom = DISC_BOX

    assert verdict.changed_fields == ["change_box"]
    assert verdict.original_change_box == pytest.approx(DISC_BOX, abs=0.5)
    assert verdict.change_box == pytest.approx(
        [left + right, top + down, end + right, bottom + down], abs=3
    )


def test_a_ticked_candidate_is_a_fix_with_its_words(firsts: dict[str, Verdict]) -> None:
    verdict = firsts["ticked"]

    assert (verdict.decision, verdict.instruction_en) == ("fix", OTHER_WORDS)
    assert verdict.changed_fields == ["instruction_en"]


def test_every_hotkey_ticks_its_choice(firsts: dict[str, Verdict]) -> None:
    verdict = firsts["keyed"]

    assert verdict.decision == "reject"
    assert verdict.reject_reasons == [choice.value for choice in words.REJECT_REASONS]
    assert verdict.error_types == [choice.value for choice in words.ERROR_TYPES]


def test_seconds_are_counted(firsts: dict[str, Verdict]) -> None:
    seconds = firsts["accepted"].seconds_spent

    assert seconds is not None
    assert 0 < seconds < 60


def test_a_second_reviewer_is_shown_what_the_first_one_saw(reviewed: Reviewed) -> None:
    assert reviewed.seconds_pairs == list(reviewed.pairs.values())[:4]


def test_what_one_reviewer_skips_another_decides(
    reviewed: Reviewed, verdicts: dict[str, list[Verdict]]
) -> None:
    assert only(verdicts[reviewed.pairs["skipped"]], SECOND).decision == "accept"


@pytest.mark.usefixtures("reviewed")
def test_agreement_is_that_of_the_overlap(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    agreement(AgreementSettings(set_url=studio.pair_set.url, json_output=True))
    (two,) = json.loads(capsys.readouterr().out)["pairs_of_reviewers"]

    # accept, fix, reject against accept, reject, reject: 2/3 the same, 1/3 of it by chance.
    assert two["shared"] == 3
    assert two["kappa"] == pytest.approx(0.5)


def test_what_they_disagree_about_waits_for_adjudication(
    studio: Studio, reviewed: Reviewed, capsys: pytest.CaptureFixture[str]
) -> None:
    agreement(AgreementSettings(set_url=studio.pair_set.url, json_output=True))
    disputes = json.loads(capsys.readouterr().out)["disputes"]

    assert [dispute["pair_id"] for dispute in disputes] == [reviewed.pairs["fixed"]]


@pytest.mark.usefixtures("reviewed")
def test_no_secret_is_in_any_log_or_saved_setting(studio: Studio) -> None:
    with StudioClient(studio.connection.url, studio.connection.token) as client:
        invitation = invite_path(client).rsplit("=", 1)[-1]
    hidden = [secret.encode() for secret in (*studio.login.hidden, invitation)]
    root = Path(studio.pair_set.root)
    kept_secret = {"secrets.json", "running.json", "label_studio.sqlite3"}
    files = [path for path in root.rglob("*") if path.is_file() and path.name not in kept_secret]

    assert root / "review" / "studio" / "server.log" in files
    assert [path for path in files if any(word in path.read_bytes() for word in hidden)] == []
