"""What models bring along that runs, tried first in a process with bounds.

A chat template that never ends, or a tokenizer or an adapter whose regular expressions do not,
would otherwise hang a run for ever, in the middle of a library's loop.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pairset.files.documents import read_bounded, read_object

_SCRIPT = Path(__file__).with_name("run_trial.py")
_PATIENCE_SECONDS = 60
"""By the clock, on a machine that is busy with other things; its own bound is one of CPU time."""
_TEMPLATE_FOLDER = "additional_chat_templates"
_TOKEN_NAMES = ("bos_token", "eos_token", "pad_token", "unk_token")


def try_conversation(folder: Path) -> None:
    """Render the chat templates of a model, and tokenize what they make of two pictures.

    Raises ValueError where they do not parse, do not end, reach for what is none of their business
    or ask for gigabytes.
    """
    tokenizer = folder / "tokenizer.json"
    asked = {
        "templates": _templates(folder),
        "tokens": _special_tokens(folder),
        "tokenizer": str(tokenizer) if tokenizer.is_file() else None,
    }
    if asked["templates"] or asked["tokenizer"]:
        _try(asked, "its chat template or tokenizer")


def try_patterns(patterns: Sequence[str]) -> None:
    """Match regular expressions against names of modules. Raises ValueError where that hangs."""
    if patterns:
        _try({"patterns": patterns}, "one of its regular expressions")


def _try(asked: Mapping[str, object], what: str) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_SCRIPT)],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=_PATIENCE_SECONDS,
            env={"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"{what} does not come to an end") from error
    if done.returncode:
        raise ValueError(f"{what} does not come to an end, or needs gigabytes")
    fault = json.loads(done.stdout)
    if fault is not None:
        raise ValueError(fault)


def _templates(folder: Path) -> dict[str, str]:
    """Every chat template of a model, by where it stands."""
    found: dict[str, str] = {}
    for path in (
        folder / "chat_template.jinja",
        *sorted(folder.glob(f"{_TEMPLATE_FOLDER}/*.jinja")),
    ):
        if path.is_file():
            found[path.name] = read_bounded(path).decode("utf-8")
    for name in ("chat_template.json", "processor_config.json", "tokenizer_config.json"):
        if (folder / name).is_file():
            found |= _named(name, read_object(folder / name).get("chat_template"))
    return found


def _named(place: str, template: Any) -> dict[str, str]:
    """Templates as configurations hold them: one, a list of named ones, or an object of them."""
    if template is None:
        return {}
    if isinstance(template, str):
        return {place: template}
    listed = template.values() if isinstance(template, dict) else template
    if isinstance(listed, str | bytes) or not hasattr(listed, "__iter__"):
        raise ValueError(f"{place}: chat_template is no text")
    texts: list[Any] = [each.get("template") if isinstance(each, dict) else each for each in listed]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{place}: chat_template is no text")
    return {f"{place} ({number})": text for number, text in enumerate(texts, 1)}


def _special_tokens(folder: Path) -> dict[str, str]:
    path = folder / "tokenizer_config.json"
    settings = read_object(path) if path.is_file() else {}
    told = {name: settings.get(name) for name in _TOKEN_NAMES}
    tokens = {
        name: value.get("content") if isinstance(value, dict) else value
        for name, value in told.items()
    }
    return {name: token for name, token in tokens.items() if isinstance(token, str)}
