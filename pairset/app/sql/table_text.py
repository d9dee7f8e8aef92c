"""The rows of a query as a person reads them: DuckDB's own renderer, turned where too wide."""

import contextlib
import io
import re

import duckdb
import pyarrow as pa

_WIDTH_OF_A_ROW_ON_END = 45
_LEFT_OUT = re.compile(r"\d+ columns \(\d+ shown\)")


def shown(rows: pa.Table, width: int, most_rows: int) -> str:
    """A table of at most so many characters a line, and so many rows.

    Where columns would have to be left out, it stands on end: a line for each column, and as many
    of the first rows as fit.
    """
    with duckdb.connect() as connection:
        relation = connection.from_arrow(rows)
        upright = _drawn(relation, width, duckdb.RenderMode.ROWS, most_rows)
        if not _LEFT_OUT.search(upright):
            return upright
        fitting = max(1, (width - _WIDTH_OF_A_ROW_ON_END) // _WIDTH_OF_A_ROW_ON_END + 1)
        first = relation.limit(fitting)
        on_end = _drawn(first, width, duckdb.RenderMode.COLUMNS, rows.num_columns)
    left = rows.num_rows - fitting
    more = f"\n{left} rows more. Name fewer columns, or take --format csv." if left > 0 else ""
    return f"{on_end}{more}"


def _drawn(
    relation: duckdb.DuckDBPyRelation, width: int, mode: duckdb.RenderMode, most_rows: int
) -> str:
    """DuckDB prints its drawing, and gives it out in no other way."""
    drawing = io.StringIO()
    with contextlib.redirect_stdout(drawing):
        relation.show(max_width=width, max_rows=most_rows, render_mode=mode)
    return drawing.getvalue().strip("\n")
