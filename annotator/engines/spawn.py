"""A vLLM server of our own: started on the loopback interface, stopped when the run ends."""

import json
import os
import re
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from annotator.engines.protocol import EnginePlan
from annotator.engines.vllm_options import (
    STOP_WITH_STDIN,
    refuse_too_large,
    require_vllm,
    vllm_arguments,
    vllm_environment,
)
from pairset.errors import EngineDownError
from pairset.running.child_server import (
    NotHealthyError,
    ServerCommand,
    end_of_log,
    running_server,
    wait_until_healthy,
)

_HOST = "127.0.0.1"
_SECRET_NAME = re.compile(
    r"(^|_)(API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASS|CREDENTIALS?|AUTH|COOKIE)(_|$)|^AWS_",
    re.IGNORECASE,
)
_LOGIN_IN_URL = re.compile(r"://[^/\s@]+@")
_API_SERVER = "vllm.entrypoints.openai.api_server"
_STOP_TIMEOUT_SECONDS = 30


@contextmanager
def spawned_server(plan: EnginePlan) -> Iterator[tuple[str, str]]:
    """Start a vLLM server, yield its URL and token once it answers, and stop it afterwards.

    It also stops when this process dies without a word: it watches the pipe that is its input.
    Raises MissingVllmError, or EngineDownError with the end of the server's log where it does not
    come up within ``start_timeout_seconds``.
    """
    require_vllm()
    refuse_too_large(plan)
    url, token = f"http://{_HOST}:{_free_port()}", secrets.token_urlsafe()
    command = server_command(plan, port=int(url.rsplit(":", 1)[1]))
    with tempfile.TemporaryDirectory(prefix="pairset-vllm-") as folder:
        log = Path(folder, "server.log")
        started = ServerCommand(command, _environment(plan, token), log, _STOP_TIMEOUT_SECONDS)
        with running_server(started) as process:
            try:
                wait_until_healthy(process, url, plan.settings.start_timeout_seconds)
            except NotHealthyError as error:
                raise _did_not_come_up(str(error), log) from error
            yield f"{url}/v1", token


def server_command(plan: EnginePlan, port: int) -> list[str]:
    """Command line of the server. It may read no local media: images come in the requests."""
    arguments: dict[str, object] = vllm_arguments(plan) | {
        "host": _HOST,
        "port": port,
        "served_model_name": plan.model.name,
    }
    if plan.adapter:
        module = {"name": plan.adapter.name, "path": str(plan.adapter.folder)}
        arguments["lora_modules"] = module
    flags: list[str] = []
    for name, value in arguments.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            flags += [flag] if value else []
        else:
            flags += [flag, json.dumps(value) if isinstance(value, dict) else str(value)]
    return [sys.executable, "-m", "annotator.engines.run_vllm", _API_SERVER, *flags]


def _environment(plan: EnginePlan, token: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not _is_secret(name, value)}
    environment = vllm_environment(plan.model) | inherited
    environment.pop("VLLM_ENABLE_V1_MULTIPROCESSING", None)  # a server needs its engine process
    return environment | {"VLLM_API_KEY": token, STOP_WITH_STDIN: "1"}


def _is_secret(name: str, value: str) -> bool:
    """Whether it opens something, which a server of a local folder has no use for."""
    return bool(_SECRET_NAME.search(name) or _LOGIN_IN_URL.search(value))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _did_not_come_up(what: str, log: Path) -> EngineDownError:
    return EngineDownError(
        f"The vLLM server that was started {what}. The end of its log:\n{end_of_log(log)}\n"
        "Longer waits: --start-timeout-seconds; without a server: --engine vllm."
    )
