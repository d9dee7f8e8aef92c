"""How a field of a settings model is written on a command line."""

from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic.fields import FieldInfo

T = TypeVar("T")


class _GivenByPlace:
    """Marks a field that is given without a flag."""


Positional = Annotated[T, _GivenByPlace()]
"""A field that is given by its place on the command line: ``set_url: Positional[str]``."""


@dataclass(frozen=True, slots=True)
class Metavar:
    """Says what stands for a field's value in help, where its name and type do not."""

    word: str


_METAVARS_BY_TYPE = {int: "N", float: "NUMBER", Path: "FILE", dict: "NAME=NUMBER,…"}
_METAVARS_BY_ENDING = {
    "set_url": "SET",
    "url": "URL",
    "server": "URL",
    "seconds": "SECONDS",
    "share": "SHARE",
    "memory": "GB",
    "gigabytes": "GB",
    "pixels": "PIXELS",
    "tokens": "TOKENS",
    "steps": "STEPS",
    "port": "PORT",
    "address": "HOST:PORT",
    "column": "COLUMN",
    "model": "MODEL",
    "adapter": "ADAPTER",
    "adapters": "ADAPTER",
    "encoder": "ENCODER",
    "name": "NAME",
    "token": "TOKEN",
    "file": "FILE",
}
_UNITS = {
    "SECONDS": " seconds",
    "GB": " GB",
    "PIXELS": " pixels",
    "TOKENS": " tokens",
}
"""By metavar, the unit that a default is shown with."""


def is_positional(field: FieldInfo) -> bool:
    """Whether a field is given by its place, without a flag."""
    return any(isinstance(mark, _GivenByPlace) for mark in field.metadata)


def choices_of(field: FieldInfo) -> list[str]:
    """The words that a field may be; empty where it may be any."""
    choices: list[str] = []
    for kind in _kinds(field):
        inner = get_args(kind)[0] if get_origin(kind) is list else kind
        if get_origin(inner) is Literal:
            choices += [str(choice) for choice in get_args(inner)]
    return choices


def type_of(field: FieldInfo) -> Any:
    """The type of a field's value where it is not None: list, dict, bool, int …"""
    kind = _kinds(field)[0]
    return get_origin(kind) or kind


def metavar_of(name: str, field: FieldInfo) -> str:
    """What stands for a field's value in help: a word for its unit, its range or its kind."""
    chosen = next((mark.word for mark in field.metadata if isinstance(mark, Metavar)), None)
    if chosen:
        return chosen
    choices = choices_of(field)
    if choices:
        return "{" + ",".join(choices) + "}"
    ending = next((end for end in _METAVARS_BY_ENDING if f"_{name}".endswith(f"_{end}")), None)
    if is_positional(field) and ending != "set_url":
        return name.upper().replace("_", "-")
    if ending:
        return _METAVARS_BY_ENDING[ending]
    held = type_of(field)
    if held is float and _bounds(field) == (0, 1):
        return "0..1"
    return _METAVARS_BY_TYPE.get(held, "TEXT")


def default_in_words(name: str, field: FieldInfo) -> str:
    """A field's default with its unit, and ``on`` or ``off``; empty where there is none to tell."""
    default = field.get_default()
    if isinstance(default, bool):
        return "on" if default else "off"
    if isinstance(default, dict):
        return ", ".join(f"{key}={_number(value)}" for key, value in default.items())
    if isinstance(default, list):
        return ", ".join(map(str, default))
    if isinstance(default, int | float):
        return _number(default) + _UNITS.get(metavar_of(name, field), "")
    return default if isinstance(default, str) else ""


def _number(value: float) -> str:
    """As it would be typed: no point without digits behind it that count."""
    return str(int(value)) if value == int(value) else str(value)


def _bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The least and the most that a number may be, whether or not it may be just that."""
    least: float | None = None
    most: float | None = None
    for mark in field.metadata:
        least = getattr(mark, "ge", getattr(mark, "gt", least))
        most = getattr(mark, "le", getattr(mark, "lt", most))
    return least, most


def _kinds(field: FieldInfo) -> list[Any]:
    """The members of a field's union, without None."""
    annotation: Any = field.annotation
    if get_origin(annotation) in (Union, UnionType):
        return [kind for kind in get_args(annotation) if kind is not type(None)]
    return [annotation]
