"""Between records and Arrow tables: one row of a table is one record of the same fields."""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import TypeVar

import pyarrow as pa

from pairset.records.columns import Record

R = TypeVar("R", bound=Record)


def table_of(record_type: type[R], rows: Iterable[R]) -> pa.Table:
    """Lay records out as one Arrow table of ``record_type.SCHEMA``, in the order given."""
    records = list(rows)
    columns = [
        pa.array([getattr(record, field.name) for record in records], type=field.type)
        for field in record_type.SCHEMA
    ]
    return pa.Table.from_arrays(columns, schema=record_type.SCHEMA)


def rows_of(record_type: type[R], table: pa.Table) -> Iterator[R]:
    """Read the rows of a table back as records; columns a record does not know are ignored.

    Columns that an older table lacks keep their default.
    """
    known = set(table.column_names)
    names = [field.name for field in fields(record_type) if field.name in known]
    for row in table.select(names).to_pylist():
        yield record_type(**row)
