"""``--help`` answers at once and in groups, and no setting takes an absurd number."""

import importlib
import resource
import subprocess
import sys

import pytest

from pairset.app.cli import main
from pairset.app.command.fields import type_of
from pairset.app.verbs import VERBS, Verb
from pairset.settings import Settings


def settings_of(verb: Verb) -> type[Settings]:
    module, name = verb.settings.split(":")
    settings: type[Settings] = getattr(importlib.import_module(module), name)
    return settings


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
    *("sklearn", "tenacity", "torch", "torchvision", "tqdm", "transformers", "vllm", "xgrammar"),
}
COMMANDS = [["--help"], *([*verb.name.split(), "--help"] for verb in VERBS)]
commands = pytest.mark.parametrize("words", COMMANDS, ids=" ".join)

NUMBERS = [
    pytest.param(verb, name, id=f"{verb.name} {name}")
    for verb in VERBS
    for name, field in settings_of(verb).model_fields.items()
    if type_of(field) in (int, float) and name != "rank"  # one of a few, and checked as such
]

LIST_MODULES = """
import atexit, sys
atexit.register(lambda: sys.stderr.write(" ".join(sys.modules)))
from pairset.app.cli import main
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


def help_of(verb: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit, match="0"):
        main([*verb.split(), "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("verb", ["mine", "annotate", "probe", "train", "triage", "review serve"])
def test_a_long_help_is_grouped_by_stage(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = help_of(verb, capsys)

    groups = [line for line in said.splitlines() if line.endswith(":") and line[0] != " "]
    settings = settings_of(next(each for each in VERBS if each.name == verb))
    titles = {title for name, title in settings.stages.items() if name in settings.model_fields}
    assert {f"{title}:" for title in titles} < set(groups)
    assert (groups[0], groups[-1]) == ("arguments:", "flags of every verb:")
    assert "flags:" not in groups


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_speaks_to_people(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    said = help_of(verb.name, capsys)

    assert "{bool}" not in said
    assert "default: None" not in said
    assert "Undefined" not in said
    assert said.index("--quiet") < said.index("--verbose")
    usage = said.splitlines()[0]
    assert len(usage) < 80


@pytest.mark.parametrize(("verb", "name"), NUMBERS)
def test_every_number_has_bounds(verb: Verb, name: str) -> None:
    kinds = {type(bound).__name__ for bound in settings_of(verb).model_fields[name].metadata}

    assert kinds & {"Ge", "Gt"}
    assert kinds & {"Le", "Lt"}


@pytest.mark.parametrize(
    "words",
    [
        "mine SET P --workers 5000",
        "mine SET P --similarity-floor nan",
        "annotate SET --concurrency 1000000000",
        "annotate SET --limit -1",
        "annotate SET --timeout-seconds inf",
        "triage SET --threshold nan",
        "review serve SET --port 99999",
        "review pull SET --project 0",
        "train SET --epochs 1e999",
        "train SET --error-weights wrong_object=nan",
        "evaluate SET --samples 99999999999",
        "report SET --thumbnail-pixels 0",
        "demo SET --seed -1",
    ],
)
def test_an_absurd_number_is_refused_in_one_line(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 2

    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert words.split()[-2] in said[0]
