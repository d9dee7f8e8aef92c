"""Settings: one typed model per verb, the only home of a default.

A value comes from, in order of rising precedence: the model's default, the table ``[VERB]`` of a
TOML file (``--config``; ``[review.push]`` for ``review push``), the environment
(``PAIRSET_VERB_NAME``), the command line.
"""

import argparse
import os
import tomllib
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    CliApp,
    CliPositionalArg,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pairset.errors import SettingsError

CONFIG_FILE_VARIABLE = "PAIRSET_CONFIG"

_config_table: ContextVar[dict[str, Any]] = ContextVar("config_table")


class Settings(BaseSettings):
    """What every verb's settings model is built on.

    A subclass names its verb and declares fields, each with a docstring: that is its help text.
    """

    verb: ClassVar[str]

    model_config = SettingsConfigDict(
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
        use_attribute_docstrings=True,
        extra="forbid",
        frozen=True,
    )

    config: Path | None = None
    """TOML file whose table for this verb sets what is not given here (or $PAIRSET_CONFIG)."""

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

    set_url: CliPositionalArg[str]
    """The set: a folder, or an fsspec URL such as s3://bucket/set."""


class ExecutorSettings(VerbSettings):
    """Settings of a verb whose shards may run on other machines."""

    executor: Literal["local", "ray"] = "local"
    """local: on this machine. ray: tasks on a Ray cluster that is there already; the rows are the
    same."""
    address: str = "auto"
    """Ray: the cluster, as HOST:PORT; auto is the one that this machine belongs to."""
    gpus_per_shard: float = Field(default=0, ge=0)
    """Ray: the share of a GPU that a task with a model takes."""


S = TypeVar("S", bound=Settings)


def parse_settings(settings_type: type[S], arguments: Sequence[str]) -> S:
    """Read a verb's settings from its command line, the environment and the TOML file.

    Raises SettingsError for values that do not fit, SystemExit for --help and unknown flags.
    """
    before = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    before.add_argument("--config", default=os.environ.get(CONFIG_FILE_VARIABLE))
    path = before.parse_known_args(arguments)[0].config
    token = _config_table.set(read_config(Path(path), settings_type.verb) if path else {})
    try:
        return CliApp.run(settings_type, cli_args=list(arguments))
    except ValidationError as error:
        raise SettingsError(_in_words(error, settings_type.verb)) from error
    finally:
        _config_table.reset(token)


def read_config(path: Path, verb: str) -> dict[str, Any]:
    """The table ``[verb]`` of a TOML file, empty where there is none.

    Raises SettingsError for a file that cannot be read or is no TOML.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"Cannot read the settings file {path}: {error}") from error
    table: Any = document
    for word in verb.split():
        table = table.get(word, {})
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: [{verb}] must be a table of settings, not {table!r}")
    return dict(table)


def _in_words(error: ValidationError, verb: str) -> str:
    lines = [f"pairset {verb} cannot run with these settings:"]
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"]).replace("_", "-") or "settings"
        # The value of a setting that does not exist may be a key under a wrong name.
        is_shown = problem["type"] not in ("missing", "extra_forbidden") and name != "token"
        given = f" (given: {problem['input']!r})" if is_shown else ""
        lines.append(f"  {name}: {problem['msg']}{given}")
    lines.append(f"pairset {verb} --help explains each.")
    return "\n".join(lines)
