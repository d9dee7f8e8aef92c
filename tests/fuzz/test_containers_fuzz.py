"""Tars, Parquet files and names that nobody thought of: no crash, and no good member is lost."""

import io
import tarfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pairset.decoding import ImageError
from pairset.files.uris import file_uri, local_path, split_uri
from pairset.images import read_bytes
from pairset.records.image import Image
from pairset.records.table import table_of
from pairset.sources import Extent, Found, PassedOver, ReadOptions
from pairset.sources.parquet import PARQUET_FILES, row_uri
from pairset.sources.tar import TARS

IN_TIME = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MEMBERS = {f"{number}.png": bytes([number]) * 600 for number in range(1, 6)}
MEMBER_BYTES = 3 * tarfile.BLOCKSIZE
"""A header and two blocks."""

Damage = st.lists(st.tuples(st.integers(0, 20_000), st.binary(min_size=1, max_size=40)), max_size=4)


def damaged(content: bytes, damage: Sequence[tuple[int, bytes]]) -> bytes:
    changed = bytearray(content)
    for place, other in damage:
        start = place % len(changed)
        changed[start : start + len(other)] = other[: len(changed) - start]
    return bytes(changed)


def tar_of_members(form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in MEMBERS.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def found(walk: Iterable[Found | PassedOver]) -> list[Found]:
    return [each for each in walk if isinstance(each, Found)]


def storable_rows(found: Sequence[Found]) -> None:
    """Whatever came out can be a row."""
    rows = [
        Image(image_id="x", uri=each.uri, error=str(each.content), **each.said)  # type: ignore[arg-type]
        if isinstance(each.content, ImageError)
        else Image(image_id="x", uri=each.uri, **each.said)  # type: ignore[arg-type]
        for each in found
    ]
    assert table_of(Image, rows).num_rows == len(found)


@IN_TIME
@given(
    damage=Damage,
    cut=st.integers(0, 400),
    form=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_a_damaged_tar_gives_every_member_that_was_not_touched(
    tmp_path: Path, damage: list[tuple[int, bytes]], cut: int, form: int
) -> None:
    whole = tar_of_members(form)
    content = damaged(whole, damage)[: len(whole) - cut]
    path = tmp_path / "a.tar"
    path.write_bytes(content)
    members = found(TARS.walk(str(path)))
    storable_rows(members)
    contents = [each.content for each in members if isinstance(each.content, bytes)]
    for number, member in enumerate(MEMBERS.values()):
        place = slice(MEMBER_BYTES * number, MEMBER_BYTES * (number + 1))
        if content[place] == whole[place]:
            assert member in contents


@IN_TIME
@given(content=st.binary(max_size=4_000))
def test_any_bytes_called_a_tar_or_a_table_are_rows(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    storable_rows(found(TARS.walk(str(path))))
    path.write_bytes(b"PAR1" + content + len(content).to_bytes(4, "little") + b"PAR1")
    storable_rows(found(PARQUET_FILES.walk(str(path))))


@IN_TIME
@given(damage=Damage)
def test_a_damaged_table_never_ends_a_scan(tmp_path: Path, damage: list[tuple[int, bytes]]) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"image": [bytes([n]) * 50 for n in range(20)], "caption": ["said"] * 20})
    pq.write_table(table, path, row_group_size=5)
    path.write_bytes(damaged(path.read_bytes(), damage))
    storable_rows(found(PARQUET_FILES.walk(str(path))))


CELLS = st.one_of(
    st.none(), st.binary(max_size=20), st.text(max_size=9), st.integers(-9, 9), st.floats()
)


@IN_TIME
@given(
    names=st.lists(st.text(max_size=8), min_size=1, max_size=4),
    kinds=st.lists(
        st.sampled_from(
            [
                *(pa.binary(), pa.large_binary(), pa.string(), pa.int64(), pa.float64(), pa.null()),
                pa.list_(pa.binary()),
                pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
                pa.struct([("bytes", pa.string())]),
            ]
        ),
        min_size=4,
        max_size=4,
    ),
    wanted=st.booleans(),
)
def test_a_table_of_any_columns_is_rows(
    tmp_path: Path, names: list[str], kinds: list[pa.DataType], wanted: bool
) -> None:
    fields = [pa.field(name, kind) for name, kind in zip(names, kinds, strict=False)]
    arrays = [pa.nulls(3, field.type) for field in fields]
    path = tmp_path / "any.parquet"
    try:
        pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), path)
    except (pa.ArrowException, ValueError, UnicodeEncodeError):
        return  # no such file can be written
    options = ReadOptions(image_columns=tuple(names[:1] if wanted else ()))
    storable_rows(found(PARQUET_FILES.walk(str(path), Extent(), options)))


@IN_TIME
@given(name=st.binary(min_size=1, max_size=60).filter(lambda name: b"\0" not in name))
def test_a_file_of_any_name_has_a_uri_that_leads_back(name: bytes) -> None:
    path = b"/photos/" + name.replace(b"/", b"_")
    uri = file_uri(path)
    uri.encode()
    container, place = split_uri(uri)
    assert place == {}
    back = local_path(container)
    assert back is not None
    assert back.encode("utf-8", "surrogateescape") == path
    assert uri == path.decode("utf-8", "replace") or unquote_to_bytes(uri.removeprefix("file://"))


@IN_TIME
@given(column=st.text(max_size=20), row=st.integers(0, 10**9))
def test_a_cell_of_any_column_has_a_uri_that_leads_back(column: str, row: int) -> None:
    try:
        column.encode()
    except UnicodeEncodeError:
        return
    container, place = split_uri(row_uri("/a.parquet", row, column))
    assert container == "/a.parquet"
    assert place == {"row": str(row), "column": column}


@IN_TIME
@given(fragment=st.text(max_size=60))
def test_a_foreign_uri_is_an_image_or_an_error_with_a_code(tmp_path: Path, fragment: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"bytes")
    with suppress(ImageError):
        assert read_bytes(f"{path}#{fragment}")
    with pytest.raises(ImageError):
        read_bytes(f"{path}#row=0&column={fragment.replace('&', '')}")
