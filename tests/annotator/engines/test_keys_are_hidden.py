"""No key and no password reaches a row, a file, a message or the list of models."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from annotator.annotate import annotate
from annotator.engines.chat_api import api_address
from annotator.engines.http import list_models
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from pairset.app.cli import main
from pairset.errors import PairsetError, SettingsError
from pairset.store import PairSet
from tests.annotator.fake_server import FakeServer, Scripted, raw_reply, reply

KEY = "sk-CANARY/4711+x"
PASSWORD = "pa55:w@rd"
ECHOES = {
    "as it is": f"your key is Bearer {KEY}",
    "in an address": f"?key={quote(KEY, safe='')}",
    "as basic credentials": base64.b64encode(KEY.encode()).decode(),
    "in JSON": json.dumps({"key": KEY}).replace("/", "\\/"),
}


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAIRSET_API_KEY", KEY)


def everything_in(pair_set: PairSet) -> str:
    """What a person or a program finds in the set: rows as text, and the bytes of other files."""
    import pyarrow.parquet as pq

    found = []
    for path in Path(pair_set.url).rglob("*"):
        if path.suffix == ".parquet":
            found.append(str(pq.read_table(path).to_pylist()))
        elif path.is_file():
            found.append(path.read_text(errors="replace"))
    return "\n".join(found)


def annotated(pair_set: PairSet, server: str) -> str:
    """What is in the set after a run, and what the run said."""
    try:
        annotate(AnnotateSettings(set_url=pair_set.url, server=server, retries=0))
        said = ""
    except PairsetError as error:
        said = str(error)
    return said + everything_in(pair_set)


@pytest.mark.usefixtures("_key")
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("where", ["error", "error in a 200", "reply", "caption", "status 404"])
def test_a_key_that_a_server_repeats_is_stored_nowhere(
    small_set: PairSet, fake: FakeServer, echo: str, where: str
) -> None:
    answers: dict[str, Scripted] = {
        "error": Scripted(400, {"error": {"message": echo}}),
        "error in a 200": Scripted(body={"error": echo}),
        "reply": raw_reply(echo),
        "caption": reply(target_caption=echo),
        "status 404": Scripted(404, content=echo.encode()),
    }
    fake.otherwise = lambda: answers[where]
    found = annotated(small_set, fake.url)
    assert fake.authorizations[0] == f"Bearer {KEY}"
    assert "CANARY" not in found
    assert base64.b64encode(KEY.encode()).decode() not in found


@pytest.mark.usefixtures("_key")
def test_models_whose_names_are_none_are_left_out(fake: FakeServer) -> None:
    odd: list[Any] = [7, None, ["x"], "", "a\x1b[31m", "a\nb", "x" * 5000, f"m-{KEY}", "\ud800"]
    fake.models = [{"id": name} for name in odd] + [{"id": "good", "parent": 3}, {"id": "good"}]
    assert list_models(api_address(fake.url), KEY) == {"good": None}


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", " \t"])
def test_white_space_round_a_key_is_no_part_of_it(
    fake: FakeServer, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("PAIRSET_API_KEY", KEY + end)
    resolve_annotator(AnnotateSettings(set_url="unused", server=fake.url))
    assert fake.authorizations == [f"Bearer {KEY}"]


@pytest.mark.parametrize("key", ["sk-CAN\nARY", "sk-CANARÝ", "\ufeffsk-CANARY", "CANARY\x1b"])
def test_a_key_that_no_header_holds_is_named_and_not_shown(
    fake: FakeServer, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("PAIRSET_API_KEY", key)
    with pytest.raises(SettingsError, match="PAIRSET_API_KEY") as raised:
        resolve_annotator(AnnotateSettings(set_url="unused", server=fake.url))
    assert "CAN" not in str(raised.value)


def test_user_and_password_of_an_address_are_used_and_kept_nowhere(
    small_set: PairSet, fake: FakeServer
) -> None:
    shown = base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    fake.otherwise = lambda: Scripted(400, content=f"{PASSWORD} {shown}".encode())
    server = fake.url.replace("http://", f"http://me:{quote(PASSWORD)}@")
    found = annotated(small_set, server)
    assert fake.authorizations[0] == f"Basic {shown}"
    for secret in (PASSWORD, quote(PASSWORD), shown):
        assert secret not in found


@pytest.mark.parametrize(
    "server",
    [
        "http://[::1",
        "http://me:CANARY@[::1",
        "http://me:CAN/CANARY@host:x",
        "ftp://me:CANARY@host",
        "http://host:99999",
        "http://",
        "http://ho st",
        "http://host/\x1b[31m",
        f"http://{'a' * 70}.org",
        "http://host/v1?key=CANARY",
        "http:/host",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_none_is_a_wrong_setting(
    small_set: PairSet, capsys: pytest.CaptureFixture[str], server: str
) -> None:
    assert main(["annotate", small_set.url, "--server", server]) == 2
    said = capsys.readouterr().err
    assert "--server" in said
    assert "CANARY" not in said
    assert "Traceback" not in said


def test_a_host_and_port_alone_are_completed(fake: FakeServer) -> None:
    bare = fake.url.removeprefix("http://")
    assert resolve_annotator(AnnotateSettings(set_url="unused", server=bare)).model.name == "fake"
    assert api_address("[::1]:8000").url == "http://[::1]:8000/v1"
    assert api_address("HTTPS://gpu-box/api/").url == "https://gpu-box/api"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks9://me:CANARY@proxy:1"),
        ("HTTPS_PROXY", "http://me:CANARY@[::1"),
        ("SSL_CERT_FILE", "/no/such/file"),
    ],
)
def test_a_proxy_that_is_none_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as raised:
        list_models(api_address("https://gpu-box.invalid"), KEY)
    assert "CANARY" not in str(raised.value)
