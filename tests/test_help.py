"""``--help`` answers at once: no heavy library, less than 0.3 seconds of processor time."""

import resource
import subprocess
import sys

import pytest

from pairset.verbs import VERBS

SECONDS_OF_CPU = 0.3
YARDSTICK = "for number in range(2_000_000): number * number"
YARDSTICK_SECONDS = 0.12
"""What the yardstick costs on the machine that the promise was made on (two cores of an EPYC); a
slower one, or one that shares its cores, is given as much more."""
ATTEMPTS = 10
"""The least of them counts: on a shared core the others measure the neighbours."""
HEAVY = {
    *("PIL", "cv2", "duckdb", "faiss", "fsspec", "hdbscan", "httpx", "jinja2", "label_studio_sdk"),
    *("numpy", "open_clip", "openai", "pandas", "peft", "pyarrow", "rich", "scipy", "skimage"),
    *("sklearn", "torch", "torchvision", "tqdm", "transformers", "vllm", "xgrammar"),
}
COMMANDS = [["--help"], *([*verb.name.split(), "--help"] for verb in VERBS)]
commands = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)

LIST_MODULES = """
import atexit, sys
atexit.register(lambda: sys.stderr.write(" ".join(sys.modules)))
from pairset.cli import main
main(sys.argv[1:])
"""


def cpu_seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cpu_seconds(*words: str) -> float:
    """Processor time of Python with these words, in a process of its own."""
    before = cpu_seconds_of_children()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return cpu_seconds_of_children() - before


def allowed_seconds() -> float:
    """What a command may cost on this machine just now."""
    return SECONDS_OF_CPU * max(1.0, cpu_seconds("-c", YARDSTICK) / YARDSTICK_SECONDS)


@commands
def test_help_loads_no_heavy_library(words: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, *words], check=True, capture_output=True, text=True
    )

    assert run.stdout.startswith("usage: pairset")
    assert {name.split(".")[0] for name in run.stderr.split()} & HEAVY == set()


@commands
def test_help_answers_at_once(words: list[str]) -> None:
    attempts = ((cpu_seconds("-m", "pairset", *words), allowed_seconds()) for _ in range(ATTEMPTS))
    assert any(spent < allowed for spent, allowed in attempts)
