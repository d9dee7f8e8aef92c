"""Settings of ``pairset sql``."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import model_validator
from pydantic_settings import SettingsConfigDict

from pairset.app.command.fields import Positional
from pairset.settings import VerbSettings

QueryFormat = Literal["table", "csv", "json", "parquet"]


class SqlSettings(VerbSettings):
    """Query the set's tables through DuckDB: images, embeddings, clusters, pairs, annotations."""

    verb: ClassVar[str] = "sql"
    model_config = SettingsConfigDict(env_prefix="PAIRSET_SQL_")

    query: Positional[str]
    """One SELECT, for example: "SELECT status, count(*) FROM pairs GROUP BY status"."""
    format: QueryFormat = "table"
    """Format of the rows. table: for reading. csv, json, parquet: for programs."""
    output: Path | None = None
    """File for the rows. Default: standard output."""

    @model_validator(mode="after")
    def _parquet_needs_a_file(self) -> "SqlSettings":
        if self.format == "parquet" and self.output is None:
            raise ValueError("--format parquet needs --output FILE")
        return self
