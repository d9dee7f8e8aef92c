"""What a shard is made from crosses process borders as JSON, and comes back as it was."""

from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from pairset.running.shards import ShardSpec, inputs_json


@dataclass(frozen=True, slots=True)
class Rows:
    shard: str
    first: int
    known_in: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Other:
    cell: int


def spec_of(inputs: object) -> ShardSpec:
    return ShardSpec("set", "pairs", "key", "00000", "{}", inputs_json(inputs))


def test_inputs_come_back_as_they_were() -> None:
    rows = Rows("00001", 7, (("key", "00000"), ("key", "00001")))

    assert spec_of(rows).inputs_as(Rows) == rows


def test_inputs_of_another_stage_are_no_inputs() -> None:
    with pytest.raises(ValidationError):
        spec_of(Other(1)).inputs_as(Rows)
