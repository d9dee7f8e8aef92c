"""Whatever breaks, the person reads what to do next, and no verdict is lost."""

import base64
import json
import subprocess
import sys

import pytest

from pairset.app.cli import main
from review.label_studio.client import StudioClient
from review.label_studio.errors import UncertainWriteError
from review.label_studio.project import StudioProject
from tests.review.offline.fake_studio import LOCKED, TOKEN, FakeStudio, Fault, personal_token
from tests.review.offline.room import Room

# The SDK reads what a token was exchanged for by a method that pydantic 2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:label_studio_sdk.tokens")
IMPORT = "POST /api/projects/7/import$"
PREDICTIONS = "POST /api/projects/7/import/predictions$"
READ = "GET /api/tasks/$"
EXCHANGE = "POST /api/token/refresh/$"
TRANSIENT = [
    Fault(READ, 500),
    Fault(READ, 503, LOCKED),
    Fault(READ, 429),
    Fault(READ, drop=True),
    Fault(READ, seconds=1.3),
    Fault(READ, 200, "<html>a proxy's page</html>"),
    Fault(READ, 200, '{"tasks": ['),
    Fault(READ, 200, "[" * 100_000),
    Fault(READ, drips=True),
    Fault(READ, packed_bytes=70 * 2**20),
]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.fixture
def reviewed(room: Room) -> Room:
    """Everything pushed, one verdict pulled and one waiting."""
    room.push()
    tasks = list(room.studio.project.tasks.values())
    room.studio.project.submit(tasks[0], 1, "accept")
    room.pull()
    room.studio.project.submit(tasks[1], 1, "reject")
    return room


@pytest.mark.parametrize("fault", TRANSIENT, ids=str)
def test_a_read_that_fails_once_is_tried_again(reviewed: Room, fault: Fault) -> None:
    reviewed.studio.faults.append(fault)

    assert reviewed.pull() == 0
    assert len(reviewed.verdicts()) == 2


@pytest.mark.parametrize("fault", TRANSIENT, ids=str)
def test_a_pull_that_always_fails_keeps_what_there_is_and_goes_on_later(
    reviewed: Room, fault: Fault, capsys: pytest.CaptureFixture[str]
) -> None:
    reviewed.studio.always.append(fault)
    assert reviewed.pull() == 4
    assert "repeat the same command" in said(capsys)
    assert len(reviewed.verdicts()) == 1

    reviewed.studio.always.clear()
    assert reviewed.pull() == 0
    assert len(reviewed.verdicts()) == 2


@pytest.mark.parametrize("done_first", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(IMPORT),
        Fault(IMPORT, 500, LOCKED),
        Fault(IMPORT, drop=True),
        Fault(IMPORT, seconds=1.3),
    ],
    ids=str,
)
def test_an_import_of_which_nobody_knows_whether_it_happened_makes_no_copies(
    room: Room, fault: Fault, done_first: bool
) -> None:
    doubtful = Fault(fault.where, fault.status, fault.body, fault.seconds, fault.drop, done_first)
    room.studio.faults.append(doubtful)

    assert room.push("--tasks-per-request", "4") == 0
    assert sorted(room.studio.project.pair_ids()) == sorted(room.queued())


@pytest.mark.parametrize("done_first", [False, True])
def test_predictions_of_which_nobody_knows_are_not_doubled(room: Room, done_first: bool) -> None:
    room.push()
    for task in room.studio.project.tasks.values():
        task["predictions"][0]["model_version"] = "older"
    for path in room.task_maps():
        path.unlink()
    room.studio.faults.append(Fault(PREDICTIONS, done_first=done_first))

    assert room.push("--tasks-per-request", "4") == 0
    counts = {len(task["predictions"]) for task in room.studio.project.tasks.values()}
    assert counts == {2}


def test_a_server_that_goes_down_during_a_push_is_named_and_the_push_goes_on_later(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.studio.always.append(Fault(IMPORT, drop=True))
    assert room.push() == 4
    assert room.studio.url in said(capsys)

    room.studio.always.clear()
    assert room.push() == 0
    assert sorted(room.studio.project.pair_ids()) == sorted(room.queued())


def test_a_server_that_is_not_there_is_named(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.studio.url = "http://127.0.0.1:9"

    assert room.pull() == 4
    assert "pairset review serve" in said(capsys)


def test_a_locked_database_is_explained(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    room.studio.always.append(Fault(IMPORT, 500, LOCKED))

    assert room.push() == 4
    assert "SQLite database is held by another process" in said(capsys)


@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_wrong_token_is_named_but_not_shown(
    room: Room, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token, room.studio.token = room.studio.token, "another"

    assert getattr(room, verb)() == 2
    words = said(capsys)
    assert "LABEL_STUDIO_API_KEY" in words
    assert token
    assert token not in words


def test_a_personal_token_is_exchanged_once(
    reviewed: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", reviewed.studio.personal_token)

    assert reviewed.pull() == 0
    assert len(reviewed.verdicts()) == 2
    assert reviewed.studio.asked(EXCHANGE) == 1


@pytest.mark.parametrize("verb", ["push", "pull"])
def test_access_that_ends_earlier_than_it_says_is_renewed(
    reviewed: Room, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", reviewed.studio.personal_token)
    expire_after(reviewed.studio, requests=2)

    assert getattr(reviewed, verb)() == 0
    assert reviewed.studio.asked(EXCHANGE) == 2


def expire_after(fake: FakeStudio, requests: int) -> None:
    """Let the access token run out before so many requests more."""
    left = [requests]

    def run_out(words: str) -> None:
        if "token" not in words:
            left[0] -= 1
            if left[0] == 0:
                fake.access = None

    fake.before_request = run_out


@pytest.mark.parametrize("fault", [Fault(EXCHANGE, 500), Fault(EXCHANGE, drop=True)], ids=str)
def test_an_exchange_that_fails_once_is_tried_again(
    reviewed: Room, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", reviewed.studio.personal_token)
    reviewed.studio.faults.append(fault)

    assert reviewed.pull() == 0
    assert reviewed.studio.asked(EXCHANGE) == 2


@pytest.mark.parametrize("seconds_left", [-5, 500], ids=["by its own date", "by the server's word"])
def test_a_personal_token_that_has_expired_is_named_but_not_shown(
    room: Room,
    seconds_left: float,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = personal_token(seconds_left, serial=99)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)

    assert room.pull() == 2
    words = said(capsys)
    assert "expired" in words
    assert token not in words


def test_a_write_that_fails_is_never_repeated_by_the_sdk(room: Room) -> None:
    room.studio.always.append(Fault("PATCH /api/projects/7/$", 503))
    with StudioClient(room.studio.url, TOKEN) as client, pytest.raises(UncertainWriteError):
        StudioProject(client, 7).show_model_version("model")

    assert room.studio.asked("PATCH /api/projects/7/$") == 1


def test_a_view_that_is_right_is_left_as_it_is(room: Room) -> None:
    room.push()
    room.push()

    assert room.studio.asked("(POST|PATCH) /api/dm/views/") == 1


@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_project_that_was_deleted_is_named_and_its_verdicts_stay(
    reviewed: Room, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reviewed.studio.project.is_there = False

    assert getattr(reviewed, verb)() == 2
    assert "no project 7 any more" in said(capsys)
    assert len(reviewed.verdicts()) == 1


def test_nothing_is_pushed_to_a_page_that_cannot_show_it(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.studio.project.controls.remove("instruction_zh")

    assert room.push() == 2
    assert "instruction_zh" in said(capsys)
    assert room.studio.project.tasks == {}


def test_a_task_deleted_between_two_pushes_is_made_again(room: Room) -> None:
    room.push()
    room.studio.project.delete_task(min(room.studio.project.tasks))
    room.push()

    assert sorted(room.studio.project.pair_ids()) == sorted(room.queued())


@pytest.mark.parametrize("status", [400, 500])
def test_a_token_that_the_server_repeats_is_not_shown(
    room: Room, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    echo = Fault(IMPORT, status, '{"detail": "no, AUTHORIZATION"}')
    room.studio.always.append(echo)

    assert room.push() > 0
    words = said(capsys)
    assert "no, Token [hidden]" in words
    assert TOKEN not in words


ESCAPED = "".join(f"\\u{ord(each):04x}" for each in TOKEN)


@pytest.mark.parametrize(
    "body",
    [
        '{"said": "AUTHORIZATION"}',
        '{"deep": [{"AUTHORIZATION": 1}]}',
        f'["{ESCAPED}"]',
        f'["{base64.b64encode(TOKEN.encode()).decode()}"]',
    ],
    ids=["plain", "a name", "escaped", "packed"],
)
def test_a_token_in_an_answer_that_is_well_is_hidden(room: Room, body: str) -> None:
    room.studio.always.append(Fault("GET /api/version$", 200, body))
    with StudioClient(room.studio.url, TOKEN) as client:
        said = json.dumps(client.get_json("/api/version", {}))
    assert "[hidden]" in said
    assert TOKEN not in said


def test_a_token_that_a_reviewer_or_a_server_wrote_into_a_text_is_not_kept(room: Room) -> None:
    room.push()
    task = next(iter(room.studio.project.tasks.values()))
    room.studio.project.submit(task, 1, "fix", instruction_en=f"Paint {TOKEN} red.")
    room.pull()

    (verdict,) = room.verdicts()
    assert verdict.instruction_en == "Paint [hidden] red."
    assert TOKEN not in str(verdict)


@pytest.mark.parametrize("token", ["ab\ncdefgh", "abcdefgĥ"])
def test_a_token_that_no_header_holds_is_named_and_not_shown(
    room: Room, token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)

    assert room.push() == 2
    words = said(capsys)
    assert "$LABEL_STUDIO_API_KEY" in words
    assert "cdef" not in words


@pytest.mark.parametrize("url", ["http://me:CANARY@host", "http://[::1", "http://CANARY@[::1"])
def test_an_address_with_a_password_or_none_is_a_wrong_setting(
    room: Room, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["review", "push", room.pair_set.url, "--url", url, "--project", "7"]

    assert main(words) == 2
    assert "CANARY" not in capsys.readouterr().err


def test_without_a_token_it_says_which_variable_to_set(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")

    assert room.push() == 2
    assert "set $LABEL_STUDIO_API_KEY" in said(capsys)


def test_speaking_to_label_studio_loads_neither_pandas_nor_opencv() -> None:
    code = (
        "import sys; from review.label_studio.client import StudioClient; "
        "StudioClient('http://127.0.0.1:9', 'token').sdk.projects; "
        "assert not {'cv2', 'lxml', 'nltk', 'pandas'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
