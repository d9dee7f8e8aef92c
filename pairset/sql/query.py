"""Run one query and write its rows."""

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from pairset.console import say, say_table
from pairset.errors import SettingsError
from pairset.sql.settings import SqlSettings
from pairset.store import PairSet, open_set
from pairset.tables import connect_tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def sql(settings: SqlSettings) -> None:
    """Answer the query, on the terminal or in a file. Raises SettingsError for a wrong query."""
    rows = query_set(open_set(settings.set_url), settings.query)
    if settings.output:
        _write(rows, settings.format, settings.output)
    elif settings.format == "table":
        say_table("", rows.column_names, rows_of_cells(rows))
    else:
        say(render(rows, settings.format))


def query_set(pair_set: PairSet, query: str) -> pa.Table:
    """The rows of one SELECT over the set's tables.

    Raises SettingsError, with what DuckDB says and what tables there are, for any other statement.
    """
    import duckdb

    with connect_tables(pair_set) as connection:
        try:
            _check_is_one_select(connection, query)
            return connection.sql(query).to_arrow_table()
        except duckdb.Error as error:
            raise SettingsError(f"{error}\n\n{_tables_in_words(connection)}") from error


def render(rows: pa.Table, form: str) -> str:
    """Rows as text: csv, json, or tab-separated columns for a table that goes to a file."""
    if form == "json":
        return json.dumps(rows.to_pylist(), indent=2, ensure_ascii=False, default=str)
    text = io.StringIO()
    delimiter = "," if form == "csv" else "\t"
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(rows.column_names)
    writer.writerows(rows_of_cells(rows))
    return text.getvalue().rstrip("\n")


def rows_of_cells(rows: pa.Table) -> list[list[object]]:
    """The values of a table, row by row."""
    columns = [column.to_pylist() for column in rows.columns]
    return [list(cells) for cells in zip(*columns, strict=True)]


def _check_is_one_select(connection: "DuckDBPyConnection", query: str) -> None:
    """The set's folder is open to DuckDB, so COPY could write over its shards."""
    import duckdb

    statements = connection.extract_statements(query)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise SettingsError(f"Only reading is possible: give exactly one SELECT, not {query!r}")


def _tables_in_words(connection: "DuckDBPyConnection") -> str:
    rows = connection.execute(
        "SELECT table_name, string_agg(column_name, ', ' ORDER BY ordinal_position)"
        " FROM information_schema.columns GROUP BY table_name ORDER BY table_name"
    ).fetchall()
    return "\n".join(["The tables and their columns:", *(f"  {name}: {c}" for name, c in rows)])


def _write(rows: pa.Table, form: str, output: Path) -> None:
    try:
        if form == "parquet":
            pq.write_table(rows, output)
        else:
            output.write_text(f"{render(rows, form)}\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"Cannot write {output}: {error}") from error
