"""How a field of a settings model is written on a command line."""

from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic.fields import FieldInfo

T = TypeVar("T")


class _GivenByPlace:
    """Marks a field that is given without a flag."""


Positional = Annotated[T, _GivenByPlace()]
"""A field that is given by its place on the command line: ``set_url: Positional[str]``."""

_METAVARS_BY_TYPE = {int: "N", float: "NUMBER", Path: "PATH", dict: "NAME=NUMBER,…"}
_METAVARS_BY_ENDING = {
    "set_url": "SET",
    "_url": "URL",
    "url": "URL",
    "server": "URL",
    "judge": "URL",
    "_seconds": "SECONDS",
    "_share": "SHARE",
    "_memory": "GB",
    "_gigabytes": "GB",
    "address": "HOST:PORT",
    "model": "MODEL",
    "adapter": "ADAPTER",
    "adapters": "ADAPTER",
    "encoder": "ENCODER",
    "config": "FILE",
    "name": "NAME",
    "start_from": "ADAPTER",
}


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
    """What stands for a field's value in a line of usage."""
    choices = choices_of(field)
    if choices:
        return "{" + ",".join(choices) + "}"
    ending = next((end for end in _METAVARS_BY_ENDING if name.endswith(end)), None)
    if is_positional(field) and ending != "set_url":
        return name.upper().replace("_", "-")
    held = type_of(field)
    if ending and held is not int:
        return _METAVARS_BY_ENDING[ending]
    return _METAVARS_BY_TYPE.get(held, "TEXT")


def default_in_words(field: FieldInfo) -> str:
    """A field's default as it would be typed, empty where there is none to tell."""
    default = field.get_default()
    if isinstance(default, dict):
        return ",".join(f"{name}={value}" for name, value in default.items())
    if isinstance(default, list):
        return ",".join(map(str, default))
    is_told = isinstance(default, str | int | float) and not isinstance(default, bool)
    return str(default) if is_told else ""


def _kinds(field: FieldInfo) -> list[Any]:
    """The members of a field's union, without None."""
    annotation: Any = field.annotation
    if get_origin(annotation) in (Union, UnionType):
        return [kind for kind in get_args(annotation) if kind is not type(None)]
    return [annotation]
