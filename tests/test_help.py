"""``--help`` answers at once and in groups, and no setting takes an absurd number."""

import importlib
import resource
import subprocess
import sys
from contextlib import suppress
from itertools import chain

import pytest

from pairset.app.cli import main
from pairset.app.command.fields import type_of
from pairset.app.command.parser import flags_of
from pairset.app.verbs import VERBS, Verb
from pairset.settings import Settings


def settings_of(verb: Verb) -> type[Settings]:
    module, name = verb.settings.split(":")
    settings: type[Settings] = getattr(importlib.import_module(module), name)
    return settings


MOST_FLAGS_WITHOUT_GROUPS = 8
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


def groups_of(said: str) -> dict[str, list[str]]:
    """By the title of a group of help, the flags under it."""
    groups: dict[str, list[str]] = {}
    for line in said.splitlines():
        if line.endswith(":") and line[0] != " ":
            groups[line.removesuffix(":")] = []
        elif line.startswith("  --"):
            groups[list(groups)[-1]].append(line.split()[0])
    return groups


def own_flags(verb: Verb) -> set[str]:
    settings = settings_of(verb)
    return {flag for name, flag in flags_of(settings).items() if name not in settings.common}


LONG = [verb for verb in VERBS if len(own_flags(verb)) > MOST_FLAGS_WITHOUT_GROUPS]


@pytest.mark.parametrize("verb", LONG, ids=lambda verb: verb.name)
def test_a_long_help_is_grouped_by_stage(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    groups = list(groups_of(help_of(verb.name, capsys)))

    settings = settings_of(verb)
    titles = {title for name, title in settings.stages.items() if name in settings.model_fields}
    assert titles < set(groups)
    assert len(titles) > 1
    assert (groups[0], groups[-1]) == ("arguments", "flags of every verb")
    assert "flags" not in groups


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_flag_stands_in_one_group(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    groups = groups_of(help_of(verb.name, capsys))

    common = set(groups.pop("flags of every verb"))
    assert common | own_flags(verb) == set(flags_of(settings_of(verb)).values())
    assert sorted(chain.from_iterable(groups.values())) == sorted(own_flags(verb))


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_setting_has_a_help_text(verb: Verb) -> None:
    fields = settings_of(verb).model_fields

    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("columns", ["60", "80", "200"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_line_of_help_is_wider_than_80_columns(
    words: list[str],
    columns: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    with suppress(SystemExit):
        main(words)

    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if len(line) > 80] == []


def test_a_switch_and_its_opposite_are_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    said = help_of("review push", capsys)

    assert said.count("--mask / --no-mask") == said.count("--mask") == 1
    assert "kilobytes. (default: on)" in " ".join(said.split())


def test_a_default_is_told_with_its_unit(capsys: pytest.CaptureFixture[str]) -> None:
    said = help_of("train", capsys)

    assert "(default: 8 GB)" in said
    assert "(default: 8192 tokens)" in said
    assert "--query-dropout 0..1" in said
    assert "--start-from ADAPTER" in said


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_speaks_to_people(verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    said = help_of(verb.name, capsys)

    assert "{bool}" not in said
    assert "default: None" not in said
    assert "default: )" not in said
    assert "TEXT" not in said
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
        "evaluate SET --bootstrap-draws 99999999999",
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
