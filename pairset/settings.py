"""Settings: one typed model per verb, the only home of a default.

A value comes from, in order of rising precedence: the model's default, the table ``[VERB]`` of a
TOML file (``--config``; ``[review.push]`` for ``review push``), the environment
(``PAIRSET_VERB_NAME``), the command line.
"""

import os
import re
import tomllib
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariableError

from pairset.app.command.described import Described
from pairset.app.command.fields import Positional
from pairset.app.command.parser import build_parser, values_of
from pairset.app.command.problems import Sources, in_words, unreadable_variable
from pairset.errors import SettingsError
from pairset.stage_marks import NO_ROWS

CONFIG_FILE_VARIABLE = "PAIRSET_CONFIG"
MOST_SEED = 2**32 - 1
"""Every generator of random numbers takes seeds up to this."""

_config_table: ContextVar[dict[str, Any]] = ContextVar("config_table")


class Settings(Described):
    """What every verb's settings model is built on.

    A subclass names its verb and declares fields, each with a docstring: that is its help text.
    """

    verb: ClassVar[str]

    model_config = SettingsConfigDict(
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        extra="forbid",
        frozen=True,
    )

    config: Annotated[Path | None, NO_ROWS] = None
    """TOML file with a table for this verb. The table sets what the command line leaves out.
    Default: the file that $PAIRSET_CONFIG names, if any."""
    quiet: Annotated[bool, NO_ROWS] = Field(default=False, exclude=True)
    """Print results and errors, and nothing else."""
    verbose: Annotated[bool, NO_ROWS] = Field(default=False, exclude=True)
    """Print also the log of pairset and its libraries, and the traceback of an error."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        config_table = InitSettingsSource(settings_cls, _config_table.get({}))
        return init_settings, env_settings, config_table


class VerbSettings(Settings):
    """Settings of a verb that works on one set."""

    set_url: Annotated[Positional[str], NO_ROWS] = Field(min_length=1)
    """The set: a folder, or an fsspec URL such as s3://bucket/set."""


class FiguresSettings(VerbSettings):
    """Settings of a verb that prints figures of a set."""

    json_output: bool = Field(default=False, exclude=True)
    """Print the figures as one JSON document, and nothing else on standard output."""


class ExecutorSettings(VerbSettings):
    """Settings of a verb whose shards may run on other machines."""

    executor: Annotated[Literal["local", "ray"], NO_ROWS] = "local"
    """local: shards run on this machine. ray: shards run as tasks on a Ray cluster that is up
    already. Both give the same rows."""
    address: Annotated[str, NO_ROWS] = "auto"
    """Ray: address of the cluster. auto: the cluster that this machine belongs to."""
    gpus_per_shard: Annotated[float, NO_ROWS] = Field(default=0, ge=0, le=64)
    """Ray: number of GPUs that a task with a model takes. 0.5 puts two tasks on one GPU."""


S = TypeVar("S", bound=Settings)


def parse_settings(settings_type: type[S], arguments: Sequence[str]) -> S:
    """Read a verb's settings from its command line, the environment and the TOML file.

    Raises SettingsError for flags and values that do not fit, SystemExit for --help.
    """
    parser = build_parser(settings_type)
    parser.check_flags(arguments)
    given = values_of(parser.parse_args(list(arguments)), settings_type)
    path = given.get("config") or os.environ.get(CONFIG_FILE_VARIABLE)
    table = read_config(Path(path), settings_type.verb) if path else {}
    prefix = settings_type.model_config.get("env_prefix", "")
    token = _config_table.set(table)
    try:
        return settings_type(**given)
    except ValidationError as error:
        sources = Sources(given, os.environ, table, path, prefix)
        raise SettingsError(in_words(error, settings_type, sources)) from error
    except UnreadableVariableError as error:
        named = re.search(r'field "(\w+)"', str(error))
        words = unreadable_variable(settings_type, prefix, named[1] if named else "")
        raise SettingsError(words) from error
    finally:
        _config_table.reset(token)


def read_config(path: Path, verb: str) -> dict[str, Any]:
    """The table ``[verb]`` of a TOML file, empty where there is none.

    Raises SettingsError for a file that cannot be read or is no TOML.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        if isinstance(error, tomllib.TOMLDecodeError):
            reason = str(error)
        raise SettingsError(f"Cannot read the settings file {path}: {reason}") from error
    table: Any = document
    for word in verb.split():
        table = table.get(word, {})
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: [{verb}] must be a table of settings.")
    return dict(table)
