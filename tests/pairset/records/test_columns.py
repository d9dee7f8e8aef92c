"""Columns of a set are a promise to readers, and they follow from the fields of records."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pytest

from clustering.corpus.scan_plan import Part
from pairset import records
from pairset.records.table import MAY_BE_NULL, Float32, Int32, Record
from review.exchange.taskmap import PushedTask

PROMISED = Path(__file__).with_name("columns.txt")
OF_SETS = [
    found
    for name in records.__all__
    if isinstance(found := getattr(records, name), type) and found is not Record
]


def lines_of(record_type: type[Record]) -> str:
    columns = (
        f"{field.name}: {field.type}{'' if field.nullable else ' not null'}\n"
        for field in record_type.SCHEMA
    )
    return f"[{record_type.__name__}]\n{''.join(columns)}"


def test_every_column_of_a_set_is_as_it_was_promised() -> None:
    """Where a change is meant, write the new line into columns.txt."""
    found = "\n".join(lines_of(each) for each in [*OF_SETS, PushedTask, Part])

    assert found.splitlines() == PROMISED.read_text(encoding="utf-8").splitlines()


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Sample(Record):
    name: str
    colour: Colour
    is_good: bool
    count: int
    small_count: Int32
    share: float
    small_share: Float32 | None
    tags: list[str] | None
    shares: list[Float32]
    late: Annotated[list[str], MAY_BE_NULL]


def test_the_type_of_a_field_is_the_type_of_its_column() -> None:
    types = [pa.string(), pa.string(), pa.bool_(), pa.int64(), pa.int32(), pa.float64()]
    narrow_lists = [pa.float32(), pa.list_(pa.string()), pa.list_(pa.float32())]

    assert [*types, *narrow_lists, pa.list_(pa.string())] == Sample.SCHEMA.types


def test_only_a_field_that_says_so_may_be_null() -> None:
    nullable = [field.name for field in Sample.SCHEMA if field.nullable]

    assert nullable == ["small_share", "tags", "late"]


def test_a_column_is_added_as_contributing_says() -> None:
    contributing = Path(__file__).parents[3] / "CONTRIBUTING.md"
    section = contributing.read_text(encoding="utf-8").split("## Add a column\n")[1]
    names: dict[str, Any] = {"Record": Record, "Float32": Float32}
    exec(section.split("```python\n")[1].split("```")[0], names)

    assert pa.schema([pa.field("sharpness", pa.float32())]) == names["Image"].SCHEMA


@pytest.mark.parametrize("hint", [dict[str, int], int | str, list, bytes, int | str | None])
def test_a_field_that_no_column_can_hold_is_refused_by_name(hint: Any) -> None:
    with pytest.raises(TypeError, match="No column can hold the field odd"):
        type("Odd", (Record,), {"__annotations__": {"odd": hint}})
