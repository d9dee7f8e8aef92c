"""Between records and Arrow tables: one row of a table is one record of the same fields."""

import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

Int32 = Annotated[int, pa.int32()]
Float16 = Annotated[float, pa.float16()]
Float32 = Annotated[float, pa.float32()]

MAY_BE_NULL = "may be null"
"""Marks a column that the set may lack a value for, though a record always has one."""

_ARROW_TYPES: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
}
_UNIONS = (types.UnionType, Union)


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table: a frozen dataclass whose fields, in order, are the columns.

    ``SCHEMA`` follows from the annotations of the fields: ``str``, ``bool``, ``int`` (64 bits),
    ``float`` (64 bits), the narrower aliases above, an enum of strings, and ``list`` of any of
    these. ``| None`` makes a column nullable. Raises TypeError, when the class is made, for a
    field of any other type.
    """

    SCHEMA: ClassVar[pa.Schema]

    def __init_subclass__(cls) -> None:
        cls.SCHEMA = _schema_of(cls)


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


def _schema_of(record_type: type[Record]) -> pa.Schema:
    hints = get_type_hints(record_type, include_extras=True)
    return pa.schema(
        [_field(name, hint) for name, hint in hints.items() if get_origin(hint) is not ClassVar]
    )


def _field(name: str, hint: Any) -> pa.Field:
    try:
        if get_origin(hint) in _UNIONS:
            (hint,) = (each for each in get_args(hint) if each is not type(None))
            return pa.field(name, _arrow_type(hint))
        nullable = MAY_BE_NULL in getattr(hint, "__metadata__", ())
        return pa.field(name, _arrow_type(hint), nullable=nullable)
    except (TypeError, ValueError) as error:
        raise TypeError(f"No column can hold the field {name}: {hint}.") from error


def _arrow_type(hint: Any) -> pa.DataType:
    """The Arrow type of an annotation. Raises TypeError where it has none."""
    for each in getattr(hint, "__metadata__", ()):
        if isinstance(each, pa.DataType):
            return each
    if get_origin(hint) is Annotated:
        hint = hint.__origin__
    if get_origin(hint) is list:
        return pa.list_(_arrow_type(*get_args(hint)))
    if isinstance(hint, type):
        for python_type, arrow_type in _ARROW_TYPES.items():
            if issubclass(hint, python_type):
                return arrow_type
    raise TypeError(f"{hint} has no Arrow type")
