"""What is wrong with settings, in words: where each value came from, and what could stand there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError

from pairset.app.command.described import Described
from pairset.app.command.fields import choices_of, metavar_of
from pairset.app.command.parser import flags_of
from pairset.app.command.suggestions import choose_among, did_you_mean
from pairset.terminal.redaction import is_secret_name, redacted

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the settings of one run came from, the first to have a name wins."""

    arguments: Mapping[str, object]
    """Values of the command line, by field."""
    environment: Mapping[str, str]
    table: Mapping[str, object]
    """Values of the settings file, by field."""
    file: str | None
    prefix: str
    """What the names of the verb's variables begin with."""

    def name(self, field: str, flag: str) -> str:
        """The flag, ``$VARIABLE`` or line of a file that a field was given by."""
        variable = f"{self.prefix}{field}".upper()
        if field in self.arguments:
            return flag
        if any(name.upper() == variable for name in self.environment):
            return f"${variable}"
        return f"{field} in {self.file}" if field in self.table else flag


def in_words(error: ValidationError, settings: type[Described], sources: Sources) -> str:
    """One line about the values that cannot be. No value of a secret, nor of an unknown setting."""
    said = " ".join(_problem(problem, settings, sources) for problem in error.errors())
    return f"{said} pairset {settings.verb} --help explains each."


def unreadable_variable(settings: type[Described], prefix: str, field: str) -> str:
    """The words for a variable that should hold a list or table and holds none."""
    return (
        f'${prefix.upper()}{field.upper()} must hold JSON, such as ["a", "b"]. '
        f"pairset {settings.verb} --help explains each."
    )


def _problem(problem: "ErrorDetails", settings: type[Described], sources: Sources) -> str:
    place = problem["loc"]
    name = str(place[0]) if place else ""
    field = settings.model_fields.get(name)
    if field is None:
        if not name:
            return f"{problem['msg'].removeprefix('Value error, ')}."
        known = (each for each in settings.model_fields)
        where = f" in {sources.file}" if name in sources.table else ""
        return f"There is no setting {name}{where}.{did_you_mean(name, known)}"
    flag = flags_of(settings).get(name, metavar_of(name, field))
    shown = sources.name(name, flag)
    if problem["type"] == "missing":
        return f"{shown} is missing."
    if is_secret_name(name) or SecretStr in (field.annotation, *_members(field.annotation)):
        return f"{shown} is no text."
    given = str(problem["input"])
    return f"{shown} is {_quoted(given)}: {_choice(field, given) or _reason(problem)}."


def _reason(problem: "ErrorDetails") -> str:
    words = _reasons().get(problem["type"])
    return words(problem.get("ctx", {})) if words else str(problem["msg"])


def _choice(field: "FieldInfo", given: str) -> str:
    choices = choices_of(field)
    return choose_among(choices, given) if choices else ""


def _members(annotation: object) -> tuple[object, ...]:
    return getattr(annotation, "__args__", ())


def _quoted(text: str) -> str:
    text = redacted(text)
    return repr(text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…")


def _reasons() -> dict[str, Callable[[Mapping[str, object]], str]]:
    """By pydantic's name of a problem, what is said of it."""
    return {
        "greater_than": lambda limit: f"it must be more than {limit['gt']}",
        "greater_than_equal": lambda limit: f"it must be at least {limit['ge']}",
        "less_than": lambda limit: f"it must be less than {limit['lt']}",
        "less_than_equal": lambda limit: f"it must be at most {limit['le']}",
        "int_parsing": lambda _: "it must be a whole number",
        "int_from_float": lambda _: "it must be a whole number",
        "int_parsing_size": lambda _: "that is too long for a number",
        "float_parsing": lambda _: "it must be a number",
        "finite_number": lambda _: "it must be a finite number",
        "string_unicode": lambda _: "it must be valid UTF-8",
        "string_too_short": lambda _: "it must not be empty",
        "too_short": lambda _: "it must not be empty",
        "bool_parsing": lambda _: "it must be true or false",
        "value_error": lambda said: str(said["error"]),
    }
