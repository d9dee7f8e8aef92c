"""Run one query and write its rows."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from pairset.app.sql.settings import SqlSettings
from pairset.errors import SettingsError
from pairset.rows.tables import connect_tables
from pairset.store import PairSet, open_set
from pairset.terminal.console import line_width, say, say_data, say_json
from pairset.text import json_text

_ROWS_OF_A_TERMINAL = 40
_WIDTH_OF_A_PIPE = 500
"""Characters of a line that no terminal bounds."""

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def sql(settings: SqlSettings) -> None:
    """Answer the query, on the terminal or in a file. Raises SettingsError for a wrong query."""
    rows = query_set(open_set(settings.set_url), settings.query)
    if settings.output:
        _write(rows, settings.format, settings.output)
    elif settings.format == "table":
        from pairset.app.sql.table_text import shown

        width = line_width()
        most_rows = _ROWS_OF_A_TERMINAL if width else rows.num_rows
        say(shown(rows, width or _WIDTH_OF_A_PIPE, most_rows))
    elif settings.format == "json":
        say_json(_documents(rows))
    else:
        say_data(render(rows, settings.format))


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
        return json_text(_documents(rows))
    text = io.StringIO()
    delimiter = "," if form == "csv" else "\t"
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(rows.column_names)
    writer.writerows(rows_of_cells(rows))
    return text.getvalue().rstrip("\n")


def rows_of_cells(rows: pa.Table) -> list[list[object]]:
    """The values of a table, row by row."""
    columns = [_values(column) for column in rows.columns]
    return [list(cells) for cells in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray) -> list[object]:
    try:
        return list(column.to_pylist())
    except (OverflowError, ValueError):  # a time beyond Python's, such as DuckDB's infinity
        return list(column.cast(pa.string()).to_pylist())


def _documents(rows: pa.Table) -> list[dict[str, object]]:
    """The rows by column; of two columns of one name, the second is called NAME_1."""
    names: list[str] = []
    for name in rows.column_names:
        again = names.count(name)
        names.append(f"{name}_{again}" if again else name)
    return [dict(zip(names, cells, strict=True)) for cells in rows_of_cells(rows)]


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
