"""What a settings model says of its verb, for parser, help and completion."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic_settings import BaseSettings


class Described(BaseSettings):
    """A settings model whose fields can be written on a command line."""

    verb: ClassVar[str]
    stages: ClassVar[Mapping[str, str]] = {}
    """Titles of the groups of ``--help``, by the field that each begins with."""
    shortcuts: ClassVar[Mapping[str, str]] = {"json_output": "json"}
    """The flag of a field, where it is not the field's own name."""
    common: ClassVar[frozenset[str]] = frozenset({"config", "quiet", "verbose", "json_output"})
    """Fields that stand in the last group of ``--help``."""
