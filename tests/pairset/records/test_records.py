"""A record and a row of its table are the same thing."""

import dataclasses

import pyarrow as pa
import pytest

from pairset.records import (
    Annotation,
    Cluster,
    Consensus,
    Embedding,
    Evaluation,
    Example,
    Image,
    Pair,
    Record,
    Triage,
    Verdict,
    rows_of,
    table_of,
)

WORDS = ("add", True, "Add a disc.", "添加圆盘。")
RIGHT = (False, True, True, True, True, 100.0, 100.0, 1.0, 1.0)
EXAMPLES: list[Record] = [
    Image("i", "photo.jpg", width=3, height=4),
    Embedding("i", [0.5, -0.25]),
    Cluster("i", 0, None, None),
    Pair("p", "q", "i", "j", "i.jpg", "j.jpg", None, similarity=0.5, change_mask=[2, 3]),
    Annotation("a", "p", "starter", None, "prompt", "vllm", 1, tokens_en=["a", "b"]),
    Triage("a", "p", "review", "below_threshold", 0.25, 3),
    Verdict("v", 1, "a", "p", "ann@example.org", "fix", change_box=[0.5, 1.0, 2.0, 3.0]),
    Consensus("a", "p", "open", None, None, ["decision"], 2, 17),
    Evaluation("a", "e", "p", "starter", None, "prompt", "s", *WORDS, *WORDS, *RIGHT, 0.5),
    Example("e", "p", "a", "v", "ann@example.org", "fix", "s", "train", error_types=["viewpoint"]),
]
examples = pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: type(record).__name__)


@examples
def test_the_fields_of_a_record_are_the_columns_of_its_schema_in_order(record: Record) -> None:
    fields = [field.name for field in dataclasses.fields(record)]

    assert record.SCHEMA.names == fields


@examples
def test_a_record_comes_back_as_it_was_written(record: Record) -> None:
    table = table_of(type(record), [record])

    assert table.schema == record.SCHEMA
    assert list(rows_of(type(record), table)) == [record]


@examples
def test_a_record_cannot_be_changed(record: Record) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, record.SCHEMA.names[0], "other")


@examples
def test_no_records_make_an_empty_table_of_the_schema(record: Record) -> None:
    table = table_of(type(record), [])

    assert (table.num_rows, table.schema) == (0, record.SCHEMA)


def test_columns_that_a_record_does_not_know_are_ignored() -> None:
    table = table_of(Cluster, [Cluster("i", 1, "1-0", 0.5)])
    wider = table.append_column("novelty", pa.array([7]))

    assert list(rows_of(Cluster, wider)) == [Cluster("i", 1, "1-0", 0.5)]


def test_an_image_with_an_error_code_is_not_usable() -> None:
    assert Image("i", "a.jpg").usable
    assert not Image("i", "a.jpg", error_code="empty").usable


def test_an_annotation_with_an_error_code_did_not_succeed() -> None:
    annotation = Annotation("a", "p", "m", None, "prompt", "vllm", 1)

    assert annotation.succeeded
    assert not dataclasses.replace(annotation, error_code="truncated").succeeded
