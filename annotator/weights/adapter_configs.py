"""What a LoRA adapter's configuration may say, checked before PEFT or vLLM reads it."""

import math
import re
from pathlib import Path

from annotator.weights.lora_ranks import VLLM_LORA_RANKS
from pairset.files.documents import read_object
from pairset.models.checkpoints import is_place
from pairset.models.trials import try_patterns

_LARGEST_RANK = VLLM_LORA_RANKS[-1]
_LARGEST_ALPHA = 1e6
_MOST_NAMES = 10_000
_LONGEST_PATTERN = 4000
_MOST_REPEATS = 8
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.\-]+")
_PLAIN_PATTERN = re.compile(r"\^?(?:[A-Za-z0-9_.\-]|\\\.)+\$?")
_CLASS = re.compile(r"\[[^\[\]]*\]")
_ESCAPE = re.compile(r"\\.")
_REPEATED_GROUP = re.compile(r"\)\s*[*+?{]")
_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}|\{\d+\}")
_NAMED_GROUP = re.compile(r"\(\?(?![:=!])|\\[0-9]")
_REFUSED = {
    "megatron_config": "imports a module of its choice",
    "layer_replication": "repeats layers of the base",
    "corda_config": "names files to unpickle",
    "lora_ga_config": "names files to unpickle",
    "arrow_config": "puts several adapters together",
    "alora_invocation_tokens": "is switched on by words",
}
"""Settings that nothing here serves, and why."""


def read_lora_rank(path: Path) -> int:
    """Check an adapter's configuration, and give the largest rank in it.

    Raises ValueError, in one line, for what is no LoRA adapter, for numbers that no adapter has,
    for settings that reach out of the folder, and for regular expressions that may never end.
    """
    config = read_object(path)
    if config.get("peft_type", "LORA") != "LORA":
        raise ValueError(f"its type is {str(config['peft_type'])[:50]!r}, and only LORA is served")
    for name, why in _REFUSED.items():
        if config.get(name):
            raise ValueError(f"{name} {why}, which is served nowhere here")
    base = config.get("base_model_name_or_path")
    if base is not None and not isinstance(base, str):
        raise ValueError("base_model_name_or_path is no text")
    ranks = [_rank("r", config.get("r"))]
    ranks += [_rank("rank_pattern", rank) for rank in _pattern_values(config, "rank_pattern")]
    alphas = [config.get("lora_alpha", 8), *_pattern_values(config, "alpha_pattern")]
    for alpha in alphas:
        _check_number("lora_alpha", alpha, _LARGEST_ALPHA)
    _check_number("lora_dropout", config.get("lora_dropout", 0), 1)
    _check_targets(config)
    return max(ranks)


def _rank(name: str, rank: object) -> int:
    if isinstance(rank, bool) or not isinstance(rank, int) or not 0 < rank <= _LARGEST_RANK:
        raise ValueError(f"{name} is {str(rank)[:50]!r}: ranks are 1 to {_LARGEST_RANK}")
    return rank


def _check_number(name: str, value: object, most: float) -> None:
    is_number = (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= most
    )
    if not is_number:
        raise ValueError(f"{name} is {str(value)[:50]!r}: it must be a number, 0 to {most:g}")


def _pattern_values(config: dict[str, object], name: str) -> list[object]:
    """Values by module; PEFT takes the names for regular expressions."""
    patterns = config.get(name) or {}
    if not isinstance(patterns, dict) or len(patterns) > _MOST_NAMES:
        raise ValueError(f"{name} is no object of modules")
    for module in patterns:
        if not _PLAIN_PATTERN.fullmatch(module):
            raise ValueError(f"{name} names {module[:50]!r}, no plain name of a module")
    return list(patterns.values())


def _check_targets(config: dict[str, object]) -> None:
    expressions = []
    for name in ("target_modules", "exclude_modules", "modules_to_save", "layers_pattern"):
        value = config.get(name)
        if isinstance(value, str):
            _check_pattern(name, value)
            expressions.append(value)
        elif value is not None:
            _check_names(name, value)
    try_patterns(expressions)


def _check_names(name: str, value: object) -> None:
    if not isinstance(value, list) or len(value) > _MOST_NAMES:
        raise ValueError(f"{name} is neither a text nor a list of names")
    for module in value:
        if not isinstance(module, str) or not _PLAIN_NAME.fullmatch(module) or is_place(module):
            raise ValueError(f"{name} holds {str(module)[:50]!r}, no name of a module")


def _check_pattern(name: str, pattern: str) -> None:
    """Refuse regular expressions that can take for ever: a repeated group may hold a repeat."""
    if len(pattern) > _LONGEST_PATTERN:
        raise ValueError(f"{name} is a text of {len(pattern):,} characters")
    if _NAMED_GROUP.search(pattern):
        raise ValueError(
            f"{name} is a regular expression of a kind that is not taken: {pattern[:80]}"
        )
    skeleton = _CLASS.sub("x", _ESCAPE.sub("x", pattern))
    if _REPEATED_GROUP.search(skeleton) or len(_REPEAT.findall(skeleton)) > _MOST_REPEATS:
        raise ValueError(f"{name} is a regular expression that may not end: {pattern[:80]}")
