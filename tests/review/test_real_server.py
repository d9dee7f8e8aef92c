"""A real Label Studio of our own: who reaches it, what it serves, how it starts and stops."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import jwt
import pytest

from pairset.store import PairSet
from review.form.config import build_label_config
from review.label_studio.client import StudioClient
from review.label_studio.project import StudioProject
from review.serve import serve
from review.settings import ServeSettings
from review.studio import run_studio
from review.studio.bootstrap import ensure_project
from review.studio.connection import find_connection
from review.studio.home import home_of
from review.studio.image_copies import local_file_url
from review.studio.own_studio import StudioOptions, StudioServer
from review.studio.studio_errors import StudioError
from review.studio.studio_process import Listening
from tests.review.conftest import PAIRS, Studio
from tests.review.drawn_set import make_annotated_set

LOOPBACK_IN_HEXADECIMAL = "0100007F"
START_TIMEOUT_SECONDS = 300
STOP_TIMEOUT_SECONDS = 30


def get(studio: Studio, path: str, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Token {token}"} if token else {}
    return httpx.get(f"{studio.connection.url}{path}", headers=headers, trust_env=False)


def image_url(studio: Studio) -> str:
    image = next(home_of(studio.pair_set).images.glob("*.jpg"))
    return local_file_url(image.stem)


def test_every_queued_pair_is_a_task(studio: Studio) -> None:
    with StudioClient(studio.connection.url, studio.connection.token) as client:
        assert StudioProject(client, studio.connection.project_id).state().task_count == PAIRS


def test_it_listens_on_the_loopback_interface_alone(studio: Studio) -> None:
    port = f"{int(studio.connection.url.rsplit(':', 1)[1]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port}")]

    assert listening == [f"{LOOPBACK_IN_HEXADECIMAL}:{port}"]


def test_an_image_is_served_to_those_who_are_logged_in(studio: Studio) -> None:
    assert get(studio, image_url(studio)).status_code in (401, 403)

    served = get(studio, image_url(studio), studio.connection.token)
    assert (served.status_code, served.headers["content-type"]) == (200, "image/jpeg")


@pytest.mark.parametrize(
    "path", ["../../secrets.json", "../data/label_studio.sqlite3", "pairs/../../secrets.json"]
)
def test_no_path_leads_out_of_the_images(studio: Studio, path: str) -> None:
    assert (home_of(studio.pair_set).images / ".." / ".." / "secrets.json").exists()

    served = get(studio, f"/data/local-files/?d={path}", studio.connection.token)

    assert served.status_code >= 400


def test_the_images_served_have_lost_their_metadata(studio: Studio) -> None:
    served = get(studio, image_url(studio), studio.connection.token).content

    assert served.startswith(b"\xff\xd8")
    assert b"Exif" not in served


def test_a_link_among_the_images_is_not_followed(studio: Studio) -> None:
    home = home_of(studio.pair_set)
    link = home.images / "link.jpg"
    link.symlink_to(home.secrets)

    served = get(studio, "/data/local-files/?d=pairs/link.jpg", studio.connection.token)

    link.unlink()
    assert served.status_code >= 400
    assert studio.connection.token not in served.text


def test_a_name_made_to_point_here_is_not_answered(studio: Studio) -> None:
    with httpx.Client(base_url=studio.connection.url, trust_env=False) as client:
        answer = client.get("/user/login/", headers={"Host": "evil.example"})
        assert answer.status_code >= 400
        assert "csrfmiddlewaretoken" not in answer.text


def test_a_cookie_alone_changes_nothing(studio: Studio) -> None:
    """A page from elsewhere can send the cookie, but neither the token nor the origin."""
    project = f"/api/projects/{studio.connection.project_id}/"
    origin = {"Origin": studio.connection.url}
    with httpx.Client(base_url=studio.connection.url, trust_env=False) as client:
        client.get("/user/login/")
        form = {
            "email": studio.login.email,
            "password": studio.login.password,
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        }
        assert client.post("/user/login/", data=form).status_code == 302
        change = {"description": "changed"}

        assert client.patch(project, json=change).status_code == 403
        evil = {"Origin": "http://evil.example"}
        assert client.patch(project, json=change, headers=evil).status_code == 403
        assert client.patch(project, json=change, headers=origin).status_code == 200
        token = {"X-CSRFToken": client.cookies["csrftoken"]}
        assert client.patch(project, json=change, headers=token).status_code == 200


def test_nobody_signs_up_without_an_invitation(studio: Studio) -> None:
    with httpx.Client(base_url=studio.connection.url, trust_env=False) as client:
        client.get("/user/signup/")
        form = {
            "email": "stranger@example.org",
            "password": "a-long-password",
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        }
        assert client.post("/user/signup/", data=form).status_code == 403


def test_secrets_are_readable_by_their_owner_only(studio: Studio) -> None:
    home = home_of(studio.pair_set)

    assert home.folder.stat().st_mode & 0o777 == 0o700
    assert home.secrets.stat().st_mode & 0o777 == 0o600
    assert home.running.stat().st_mode & 0o777 == 0o600


def test_a_second_server_of_the_same_set_is_refused(studio: Studio) -> None:
    with pytest.raises(StudioError, match="runs already"), StudioServer(studio.pair_set, ["add"]):
        pass


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    pair_set = make_annotated_set(tmp_path, pairs=1)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        options = StudioOptions(Listening(port=other.getsockname()[1]))
        with pytest.raises(StudioError, match="Cannot listen"), StudioServer(pair_set, [], options):
            pass


def test_somebody_elses_server_gets_one_project_for_a_set(
    studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair_set = make_annotated_set(tmp_path, pairs=1)
    settings = ServeSettings(
        set_url=pair_set.url, url=studio.connection.url, token=studio.connection.token
    )

    serve(settings)
    first = capsys.readouterr().out
    serve(settings)

    assert capsys.readouterr().out == first
    assert studio.connection.token not in first


@pytest.mark.filterwarnings("ignore::DeprecationWarning:label_studio_sdk.tokens")
def test_a_personal_token_opens_the_project_and_is_exchanged_anew_when_refused(
    studio: Studio,
) -> None:
    url, project_id = studio.connection.url, studio.connection.project_id
    with StudioClient(url, studio.connection.token) as owner:
        owner.sdk.jwt_settings.update(
            api_token_ttl_days=30, api_tokens_enabled=True, legacy_api_tokens_enabled=True
        )
        personal = owner.sdk.tokens.create().token
    with StudioClient(url, personal) as client:
        project = StudioProject(client, project_id)
        assert project.state().task_count == PAIRS

        in_an_hour = {"exp": int(time.time()) + 3600, "token_type": "access"}
        unknown_there = jwt.encode(in_an_hour, "not the key of this server, 32 bytes")
        client.sdk._client_wrapper._tokens_client._access_token = unknown_there
        assert project.state().task_count == PAIRS


def test_a_page_that_somebody_edited_is_put_back(studio: Studio) -> None:
    page = build_label_config(["add", "remove"])
    edited = page.replace("Accept 接受", "Yes")
    with StudioClient(studio.connection.url, studio.connection.token) as client:
        project_id = ensure_project(client, "Edited pages", edited)
        project = StudioProject(client, project_id)
        assert "Accept 接受" not in project.state().label_config

        assert ensure_project(client, "Edited pages", page) == project_id
        assert "Accept 接受" in project.state().label_config


def test_a_call_to_the_outside_is_refused() -> None:
    code = (
        "import runpy, socket\n"
        f"runpy.run_path({run_studio.__file__!r})['stay_on_this_machine']()\n"
        "socket.create_connection(('192.0.2.1', 80), timeout=5)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert "stays at home" in done.stderr


class Serving:
    """``pairset review serve`` in a process of its own."""

    def __init__(self, pair_set: PairSet) -> None:
        self.pair_set = pair_set
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pairset", "review", "serve", pair_set.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.first_line = self.process.stdout.readline()
        connection = find_connection(pair_set)
        assert connection is not None, self.process.communicate()[1]
        self.connection = connection

    def end(self, how: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(how)
        said = "".join(self.process.communicate(timeout=STOP_TIMEOUT_SECONDS))
        return self.process.returncode, said

    def server_is_gone(self) -> bool:
        """Whether its Label Studio has ended, at once or soon."""
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                os.kill(self.connection.process_id or 0, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.1)
        return False


def test_serve_prints_one_link_stops_cleanly_and_goes_on_where_it_ended(tmp_path: Path) -> None:
    pair_set = make_annotated_set(tmp_path, pairs=1)
    links = set()
    for how in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        serving = Serving(pair_set)
        found = re.fullmatch(r"Review here: http://127\.0\.0\.1:\d+(/\S+)\n", serving.first_line)
        assert found, serving.first_line
        links.add(found[1])
        exit_code, said = serving.end(how)

        assert serving.server_is_gone()
        assert serving.connection.token not in said
        assert find_connection(pair_set) is None
        assert exit_code == (0 if how is not signal.SIGKILL else -signal.SIGKILL)
    assert len(links) == 1  # the same project and view at every start


def test_serve_says_so_when_its_server_ends_by_itself(tmp_path: Path) -> None:
    serving = Serving(make_annotated_set(tmp_path, pairs=1))
    os.kill(serving.connection.process_id or 0, signal.SIGKILL)

    said = "".join(serving.process.communicate(timeout=STOP_TIMEOUT_SECONDS))

    assert serving.process.returncode == StudioError.exit_code
    assert "ended by itself" in said
