"""Starting and stopping a server of our own, with stand-ins that start at once."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from annotator.engines import EnginePlan, spawn
from annotator.engines.spawn import server_command, spawned_server
from annotator.settings import AnnotateSettings
from annotator.weights.lora_adapters import AdapterChoice
from annotator.weights.models import ModelChoice
from pairset.errors import EngineDownError, SettingsError
from pairset.running import child_server

HEALTHY = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
BROKEN = "print('out of memory'); raise SystemExit(3)"
DEAF = "import time; time.sleep(600)"
DEADLINE_SECONDS = 300


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EnginePlan:
    monkeypatch.setattr(spawn, "require_vllm", lambda: None)
    (tmp_path / "config.json").write_text("{}")
    settings = AnnotateSettings(set_url="unused", spawn=True, start_timeout_seconds=300)
    return EnginePlan(settings, ModelChoice("tiny", "id", tmp_path), None)


def stand_in(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(
        spawn, "server_command", lambda plan, port: [sys.executable, "-c", program, str(port)]
    )


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_runs_in_the_block_and_not_after(
    plan: EnginePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, HEALTHY)
    started: list[subprocess.Popen[bytes]] = []

    class Recorded(subprocess.Popen[bytes]):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(child_server.subprocess, "Popen", Recorded)
    with spawned_server(plan) as (url, token):
        assert url.startswith("http://127.0.0.1:")
        assert len(token) > 20
        assert is_running(started[0].pid)
    assert started[0].returncode == -signal.SIGTERM


def test_a_server_that_fails_shows_the_end_of_its_log(
    plan: EnginePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, BROKEN)
    with pytest.raises(EngineDownError, match=r"(?s)exit code 3.*out of memory"):
        spawned_server(plan).__enter__()


def test_a_server_that_never_answers_is_given_up(
    plan: EnginePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, DEAF)
    settings = plan.settings.model_copy(update={"start_timeout_seconds": 0.3})
    with pytest.raises(EngineDownError, match=r"within 0\.3 s"):
        spawned_server(EnginePlan(settings, plan.model, None)).__enter__()


def test_the_command_listens_on_loopback_and_reads_no_local_media(plan: EnginePlan) -> None:
    words = server_command(plan, port=5000)
    assert words[words.index("--host") + 1] == "127.0.0.1"
    assert words[words.index("--served-model-name") + 1] == "tiny"
    assert not {"--allowed-local-media-path", "--trust-remote-code"} & set(words)


def test_the_adapter_is_served_by_name_at_an_allowed_rank(plan: EnginePlan) -> None:
    adapter = AdapterChoice("mended", "id", Path("/lora"), rank=4)
    words = server_command(EnginePlan(plan.settings, plan.model, adapter), port=5000)
    assert words[words.index("--max-lora-rank") + 1] == "8"
    assert words[words.index("--lora-modules") + 1] == '{"name": "mended", "path": "/lora"}'


def test_an_adapter_of_the_vision_tower_is_refused(plan: EnginePlan) -> None:
    adapter = AdapterChoice("mended", "id", Path("/lora"), rank=4, adapts_vision=True)
    with pytest.raises(SettingsError, match="vision tower"):
        server_command(EnginePlan(plan.settings, plan.model, adapter), port=5000)


WATCHED = """
import time
from annotator.engines.run_vllm import _stop_with_stdin
_stop_with_stdin()
print("ready", flush=True)
time.sleep(600)
"""


def test_a_server_ends_when_whoever_started_it_is_gone() -> None:
    pytest.importorskip("torch")
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", WATCHED], stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"ready\n"
        process.stdin.close()
        assert process.wait(DEADLINE_SECONDS) == -signal.SIGTERM


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("PAIRSET_API_KEY", "canary"), ("OPENAI_API_KEY", "canary"), ("HF_TOKEN", "canary")),
        *(("AWS_SECRET_ACCESS_KEY", "canary"), ("DB_PASSWORD", "canary")),
        ("HTTPS_PROXY", "http://user:canary@proxy.example:3128"),
    ],
    ids=lambda text: text.replace("canary", ""),  # pytest puts ids into the environment
)
def test_a_server_that_is_started_gets_no_key_of_ours(
    plan: EnginePlan, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")

    environment = spawn._environment(plan, "token")

    assert not any("canary" in each for each in environment.values())
    assert (environment["VLLM_API_KEY"], environment["OMP_NUM_THREADS"]) == ("token", "3")
