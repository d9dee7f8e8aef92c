"""An argument parser made from a settings model: a flag for each field, its docstring the help."""

import argparse
import inspect
import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Any, NoReturn

from pydantic.fields import FieldInfo

from pairset.app.command.described import Described
from pairset.app.command.fields import default_in_words, is_positional, metavar_of, type_of
from pairset.app.command.help_page import HelpPage, Switch
from pairset.app.command.suggestions import did_you_mean
from pairset.errors import SettingsError
from pairset.terminal.console import say


class VerbParser(argparse.ArgumentParser):
    """Complains in one line, through SettingsError, and prints help as everything is printed."""

    def check_flags(self, arguments: Sequence[str]) -> None:
        """Name a flag that is none before anything else that may be wrong. Raises SettingsError."""
        before_words_alone = takewhile(lambda word: word != "--", arguments)
        for word in before_words_alone:
            flag = word.split("=", 1)[0]
            looks_like_one = flag.startswith("--") and " " not in flag
            if looks_like_one and flag not in self._option_string_actions:
                self.error(f"unrecognized arguments: {flag}")

    def error(self, message: str) -> NoReturn:
        """Raises SettingsError."""
        raise SettingsError(f"{self._in_words(message)} {self.prog} --help explains each.")

    def print_help(self, file: object = None) -> None:
        say(self.format_help().rstrip("\n"))

    def _in_words(self, message: str) -> str:
        head, _, rest = message.partition(": ")
        if head == "the following arguments are required":
            return f"{rest.split(', ')[0]} is missing: {self.usage}."
        if head == "unrecognized arguments":
            word = rest.split(" ", 1)[0].split("=", 1)[0]
            if word.startswith("-"):
                return f"There is no flag {word}.{did_you_mean(word, self._option_string_actions)}"
            return f"{rest!r} is more than it takes: {self.usage}."
        valueless = re.fullmatch(r"argument (\S+): expected .*", message.replace("/", " "))
        return f"{valueless[1]} wants a value." if valueless else f"{message}."


def build_parser(settings: type[Described]) -> VerbParser:
    """The parser of one verb; what it reads goes through ``values_of``."""
    placed = {name: f for name, f in settings.model_fields.items() if is_positional(f)}
    usage = [f"pairset {settings.verb} [FLAG …]", *(_place(*item) for item in placed.items())]
    parser = VerbParser(
        prog=f"pairset {settings.verb}",
        usage=" ".join(usage),
        description=inspect.cleandoc(settings.__doc__ or ""),
        formatter_class=HelpPage,
        allow_abbrev=False,
        add_help=False,
    )
    group = parser.add_argument_group("arguments")
    for name, field in placed.items():
        nargs = "+" if type_of(field) is list else None
        help_text = _escaped(field.description or "")
        group.add_argument(name, nargs=nargs, metavar=metavar_of(name, field), help=help_text)
    _add_flags(parser, settings)
    return parser


def values_of(parsed: argparse.Namespace, settings: type[Described]) -> dict[str, Any]:
    """What a command line gave, by field: texts as they were typed, or lists and tables of them."""
    values: dict[str, Any] = {}
    for name, given in vars(parsed).items():
        field = settings.model_fields[name]
        if given is None:
            continue
        if is_positional(field) or not isinstance(given, list):
            values[name] = given
        elif type_of(field) is dict:
            pairs = (part.partition("=") for text in given for part in text.split(","))
            values[name] = {key.strip(): value for key, _, value in pairs}
        else:
            values[name] = [part.strip() for text in given for part in text.split(",")]
    return values


def flags_of(settings: type[Described]) -> dict[str, str]:
    """By field, the flag that sets it."""
    return {
        name: f"--{settings.shortcuts.get(name, name).replace('_', '-')}"
        for name, field in settings.model_fields.items()
        if not is_positional(field)
    }


def _add_flags(parser: VerbParser, settings: type[Described]) -> None:
    """Put each flag under its stage, which begins with the field that ``stages`` names."""
    flags = flags_of(settings)
    group: argparse._ArgumentGroup | None = None
    for name in (name for name in flags if name not in settings.common):
        if group is None or name in settings.stages:
            group = parser.add_argument_group(settings.stages.get(name, "flags"))
        _add_flag(group, name, settings.model_fields[name], flags[name])
    group = parser.add_argument_group("flags of every verb")
    for name in (name for name in flags if name in settings.common):
        _add_flag(group, name, settings.model_fields[name], flags[name])
    group.add_argument("-h", "--help", action="help", help="Show this and end.")


def _add_flag(group: argparse._ArgumentGroup, name: str, field: FieldInfo, flag: str) -> None:
    default = default_in_words(name, field)
    said = _escaped(f"{field.description or ''}{f' (default: {default})' if default else ''}")
    held = type_of(field)
    options: dict[str, Any] = {"dest": name, "default": None, "help": said}
    if held is bool:
        group.add_argument(flag, f"--no-{flag.removeprefix('--')}", action=Switch, **options)
        return
    if held in (list, dict):
        options["action"] = "append"
    group.add_argument(flag, metavar=metavar_of(name, field), **options)


def _escaped(text: str) -> str:
    """Argparse reads ``%`` in help as a format."""
    return " ".join(text.split()).replace("%", "%%")


def _place(name: str, field: FieldInfo) -> str:
    metavar = metavar_of(name, field)
    return f"{metavar} [{metavar} …]" if type_of(field) is list else metavar
