"""What messages advise exists: every verb they name, and every flag for the verb that names it.

A message without a verb speaks to whoever reads it: each verb whose code reaches the module must
have the flag.
"""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from clustering.encoders.choice import load_text_encoder, parse_encoder
from pairset.app.command.fields import is_positional
from pairset.app.command.parser import flags_of
from pairset.app.verbs import VERBS
from pairset.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("annotator", "clustering", "finetune", "review", "pairset")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
_NAMED = re.compile(r"\bpairset ((?:review )?[a-z]+)")
_TYPED = re.compile(r"\bpairset ((?:review )?[a-z]+)(?= (?:SET\b|X\b|--))")
"""A command as it would be typed, which ends with a set or a flag."""
_OTHER_PROGRAMS = {
    "annotator.weights.lora_adapters": {"--enable-tower-connector-lora"},
    "annotator.engines.server": {"--enable-lora", "--lora-modules"},
    "finetune.starter.__main__": {"--minutes", "--further", "--pairs"},
    "finetune.starter.measure": {"--further", "--pairs"},
    "pairset.app.command.parser": {"--no"},
    "pairset.app.completion.scripts": {"--no", "--version"},
    "pairset.errors": {"--force-reinstall", "--workers", "--batch-size"},
    "pairset.running.executors": {"--shm-size"},
    "pairset.app.doctor.machine": {"--format", "--query-gpu"},
    "pairset.running.ray_cluster": {"--head", "--num-cpus"},
    "review.studio.environment": {"--data-dir", "--no-input"},
    "review.studio.studio_process": {"--log-level", "--internal-host", "--no-browser"},
}
"""Flags of vLLM, Ray, nvidia-smi, Django, Label Studio, pip and docker, of a module that is run by
itself, those of the command as a whole, and what is advised only where a verb has it."""
_ELSEWHERE = {
    "train": {
        "finetune.evaluation",
        "annotator.prompting.reply",
        "annotator.weights.lora_adapters",
        "pairset.running.executors",
    },
    "evaluate": {"annotator", "pairset.models.adapter_cards", "pairset.exemplars"},
    "adapters": {"pairset.models.adapter_cards", "pairset.models.best_adapter"},
    "annotate": {"pairset.running.executors"},
}
"""By verb, modules that it imports for other things than those whose messages advise flags."""


def modules() -> dict[str, ast.Module]:
    """Every module by name, parsed."""
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for path in paths
    }


MODULES = modules()


def texts(tree: ast.Module) -> Iterator[str]:
    """Every text that is no docstring; of an f-string what is written in it."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
            and not _is_docstring(node, tree)
        ):
            yield node.value


def _is_docstring(node: ast.Constant, tree: ast.Module) -> bool:
    bodies = (getattr(each, "body", None) for each in ast.walk(tree))
    return any(
        isinstance(statement, ast.Expr) and statement.value is node
        for body in bodies
        if isinstance(body, list)
        for statement in body
    )


def flags_of_verbs() -> dict[str, set[str]]:
    found = {}
    for verb in VERBS:
        module, _, name = verb.settings.partition(":")
        settings = getattr(import_module(module), name)
        words = [flag.removeprefix("--") for flag in flags_of(settings).values()]
        words += [name for name, field in settings.model_fields.items() if is_positional(field)]
        found[verb.name] = {f"--{no}{word}" for word in words for no in ("", "no-")} | {"--help"}
    return found


FLAGS = flags_of_verbs()


def imported(name: str) -> Iterator[str]:
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached_from(name: str) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in MODULES and module not in seen:
            seen.add(module)
            waiting += imported(module)
    return seen


def verbs_behind() -> dict[str, set[str]]:
    """By module, the verbs that it may speak to; the demo's are those of the verbs it runs."""
    found: dict[str, set[str]] = {}
    for verb in VERBS:
        if verb.name == "demo":
            continue
        for module in reached_from(verb.function.partition(":")[0]):
            others = _ELSEWHERE.get(verb.name, set())
            if not any(f"{module}.".startswith(f"{other}.") for other in others):
                found.setdefault(module, set()).add(verb.name)
    return found


BEHIND = verbs_behind()
_EVERY_FLAG = {"--version"}.union(*FLAGS.values())


def wrong_advice(module: str, text: str) -> Iterator[str]:
    for found in _FLAG.finditer(text):
        flag, named = found[0], _NAMED.findall(text[: found.start()])
        is_named = any(flag in FLAGS.get(verb, set()) for verb in named)
        lacking = sorted(verb for verb in BEHIND.get(module, set()) if flag not in FLAGS[verb])
        is_known = is_named or not lacking if module in BEHIND else flag in _EVERY_FLAG
        if not is_known and flag not in _OTHER_PROGRAMS.get(module, set()):
            yield f"{module}: {', '.join(lacking or named)} has no {flag}, in {text!r}"
    for verb in _TYPED.findall(text):
        if verb not in FLAGS:
            yield f"{module}: there is no verb {verb!r}, in {text!r}"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_flag_and_verb_that_a_message_advises_is_there(package: str) -> None:
    wrong = [
        line
        for name, tree in sorted(MODULES.items())
        if name.split(".")[0] == package
        for text in texts(tree)
        for line in wrong_advice(name, text)
    ]
    assert wrong == []


def test_advice_that_a_verb_cannot_take_is_found() -> None:
    assert list(wrong_advice("finetune.train", "Give --server URL."))
    assert list(wrong_advice("finetune.train", "Try: pairset status SET --adapter X"))
    assert list(wrong_advice("finetune.train", "Try: pairset polish SET"))
    assert not list(wrong_advice("finetune.train", "Try: pairset annotate SET --server URL"))


@pytest.mark.parametrize("encoder", ["lite0", "dinov2:x", "chinese_clip:x"])
def test_an_encoder_that_cannot_read_advises_those_that_can(encoder: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_text_encoder(parse_encoder(encoder))
    advised = re.findall(r"(open_clip|altclip|dinov2|chinese_clip|lite0)[:.]", str(refused.value))

    assert advised == ["open_clip", "altclip"]
