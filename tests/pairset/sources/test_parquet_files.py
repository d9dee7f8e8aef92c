"""What is wrong with a Parquet file costs what is wrong; images are chosen by name and type."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.parquet import encryption

from pairset.decoding import ImageError, ImageErrorCode
from pairset.images import read_bytes
from pairset.sources import Extent, Found, ReadOptions, parquet_cells
from pairset.sources.parquet import PARQUET_FILES

GIB = 1 << 30


class OpenKeys(encryption.KmsClient):  # type: ignore[misc]
    """Wraps keys in nothing."""

    def wrap_key(self, key: bytes, master: str) -> bytes:
        return base64.b64encode(key)

    def unwrap_key(self, wrapped: bytes, master: str) -> bytes:
        return base64.b64decode(wrapped)


def write(folder: Path, columns: dict[str, object], **options: object) -> str:
    path = folder / "rows.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return str(path)


def found_in(path: str, *columns: str) -> list[Found]:
    walk = PARQUET_FILES.walk(path, Extent(), ReadOptions(image_columns=columns))
    return [each for each in walk if isinstance(each, Found)]


def good(found: list[Found]) -> list[bytes]:
    return [each.content for each in found if isinstance(each.content, bytes)]


def errors(found: list[Found]) -> list[ImageError]:
    return [each.content for each in found if isinstance(each.content, ImageError)]


def struct_of(*contents: bytes | None) -> list[dict[str, object]]:
    return [{"bytes": content, "path": None} for content in contents]


def test_every_image_column_is_read(tmp_path: Path) -> None:
    columns = {"original_image": struct_of(b"1", b"2"), "edited_image": struct_of(b"3", b"4")}
    found = found_in(write(tmp_path, columns))
    assert sorted(good(found)) == [b"1", b"2", b"3", b"4"]
    assert [read_bytes(each.uri) for each in found] == good(found)


def test_bytes_that_are_no_image_by_their_name_are_passed_over_and_named(tmp_path: Path) -> None:
    columns = {"jpg": [b"picture"], "phash": [b"12345678"], "embedding": [b"\0" * 16]}
    path = write(tmp_path, columns)
    assert good(found_in(path)) == [b"picture"]
    (line,) = PARQUET_FILES.notices([path], ReadOptions())
    assert "'phash'" in line
    assert "'embedding'" in line
    assert good(found_in(path, "phash")) == [b"12345678"]


def test_without_an_image_column_all_columns_are_named(tmp_path: Path) -> None:
    (error,) = errors(found_in(write(tmp_path, {"words": ["a"], "digest": [b"x"]})))
    assert error.code is ImageErrorCode.NOT_AN_IMAGE
    assert "'words'" in str(error)
    assert "--image-column" in str(error)


@pytest.mark.parametrize(
    "name", ["image a.b", "image#1", "image&x=y", "image\nline", "图 image", ""]
)
def test_a_column_of_any_name_is_read_again_by_its_uri(tmp_path: Path, name: str) -> None:
    found = found_in(write(tmp_path, {name: struct_of(b"one", b"two")}))
    assert [read_bytes(each.uri) for each in found] == [b"one", b"two"]


@pytest.mark.parametrize(
    "kind",
    [
        *(pa.binary(), pa.large_binary(), pa.binary(3), pa.dictionary(pa.int32(), pa.binary())),
        pa.binary_view(),
    ],
    ids=str,
)
def test_bytes_of_every_kind_are_read_where_they_are_asked_for(
    tmp_path: Path, kind: pa.DataType
) -> None:
    column = pa.array([b"abc", None, b"def"], pa.binary()).cast(pa.binary())
    cast = column.dictionary_encode() if pa.types.is_dictionary(kind) else column.cast(kind)
    found = found_in(write(tmp_path, {"image": cast}), "image")
    assert good(found) == [b"abc", b"def"]
    assert [error.code for error in errors(found)] == [ImageErrorCode.EMPTY]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[b"a"]], pa.list_(pa.binary())),
        pa.array([{"inner": {"bytes": b"a"}}]),
        pa.array([7]),
        pa.array(["text"]),
        pa.array([None], pa.null()),
        pa.array([{"path": "a.jpg"}]),
    ],
    ids=lambda column: str(column.type),
)
def test_cells_of_other_types_are_an_error_in_words(tmp_path: Path, column: pa.Array) -> None:
    found = found_in(write(tmp_path, {"image": column}), "image")
    assert good(found) == []
    assert len(errors(found)) == 1


def test_two_columns_of_one_name_are_told_and_the_others_read(tmp_path: Path) -> None:
    arrays = [pa.array([b"1"]), pa.array([b"2"]), pa.array([b"3"])]
    table = pa.Table.from_arrays(arrays, ["image", "image", "photo"])
    pq.write_table(table, tmp_path / "twice.parquet")
    assert good(found_in(str(tmp_path / "twice.parquet"))) == [b"3"]
    (line,) = PARQUET_FILES.notices([str(tmp_path / "twice.parquet")], ReadOptions())
    assert "twice" in line


def test_a_damaged_row_group_costs_its_own_rows(tmp_path: Path) -> None:
    contents = [os.urandom(200) for _ in range(8)]
    path = write(
        tmp_path, {"image": contents}, row_group_size=2, compression="none", use_dictionary=False
    )
    chunk = pq.ParquetFile(path).metadata.row_group(1).column(0)
    content = bytearray(Path(path).read_bytes())
    content[chunk.data_page_offset : chunk.data_page_offset + 30] = b"\xff" * 30
    Path(path).write_bytes(content)
    found = found_in(path)
    assert good(found) == [*contents[:2], *contents[4:]]
    assert len(errors(found)) == 1


def test_a_caption_that_is_no_unicode_spoils_no_row(tmp_path: Path) -> None:
    texts = pa.Array.from_buffers(
        pa.string(), 2, pa.array([b"caf\xe9", b"good"], pa.binary()).buffers()
    )
    path = tmp_path / "texts.parquet"
    pq.write_table(pa.table({"image": [b"1", b"2"], "caption": texts}), path)
    found = found_in(str(path))
    assert [each.said["caption"] for each in found] == ["caf\ufffd", "good"]


def test_a_file_without_rows_says_so(tmp_path: Path) -> None:
    (error,) = errors(found_in(write(tmp_path, {"image": pa.array([], pa.binary())})))
    assert "no rows" in str(error)


@pytest.mark.parametrize("flipped", [-1, -5, -9, -20])
def test_a_flipped_footer_is_one_row(tmp_path: Path, flipped: int) -> None:
    path = write(tmp_path, {"image": [b"1"]})
    content = bytearray(Path(path).read_bytes())
    content[flipped] ^= 0xFF
    Path(path).write_bytes(content)
    found = found_in(path)
    assert good(found) == [b"1"] or len(errors(found)) == 1


@pytest.mark.parametrize("place", ["row=9", "row=-1", "row=x", "row=0&column=other", "offset=x"])
def test_a_place_that_is_not_in_the_file_is_an_error_with_a_code(
    tmp_path: Path, place: str
) -> None:
    path = write(tmp_path, {"image": [b"1"]})
    column = "" if "column" in place or "offset" in place else "&column=image"
    with pytest.raises(ImageError):
        read_bytes(f"{path}#{place}{column}")


# The peak of this process alone: ru_maxrss counts that of whoever started it, too.
READ_BOMB = """
import re, resource, sys
from pairset.sources.parquet import PARQUET_FILES
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
found = PARQUET_FILES.walk(sys.argv[1])
print(sum(isinstance(each.content, bytes) for each in found), "rows read")
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""


def test_a_kilobyte_that_expands_to_gigabytes_costs_no_memory(tmp_path: Path) -> None:
    big = pa.array([bytes(4 << 20)], pa.binary())
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1500, pa.int32()), big)
    path = write(tmp_path, {"image": column}, compression="zstd")
    assert Path(path).stat().st_size < 10_000
    words = [sys.executable, "-c", READ_BOMB, path]
    run = subprocess.run(words, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    rows, peak_kib = run.stdout.splitlines()
    assert rows == f"{GIB // (4 << 20)} rows read"
    assert int(peak_kib) * 1024 < 2 * GIB < 1500 * (4 << 20)


@pytest.mark.parametrize("stored_as_dictionary", [False, True])
def test_images_that_repeat_are_read_up_to_a_measure_and_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stored_as_dictionary: bool
) -> None:
    monkeypatch.setattr(parquet_cells, "EXPANDED_LIMIT_BYTES", 1 << 20)
    picture = os.urandom(10_000)
    repeated = pa.array([picture] * 900).dictionary_encode()
    path = write(tmp_path, {"image": repeated}, store_schema=stored_as_dictionary)
    found = found_in(path)
    assert 0 < len(good(found)) < 900
    (error,) = errors(found)
    assert f"from row {len(good(found))} on" in str(error)
    assert "the limit of 1048576 bytes" in str(error)
    assert read_bytes(found[0].uri) == picture


def test_a_page_that_would_fill_the_memory_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_cells, "EXPANDED_LIMIT_BYTES", 1 << 20)
    columns = {"image": [bytes(4 << 20), os.urandom(9)]}
    path = write(tmp_path, columns, row_group_size=1, compression="zstd", use_dictionary=False)
    found = found_in(path)
    (error,) = errors(found)
    assert "pages expand to" in str(error)
    assert good(found) == columns["image"][1:]


READ_ENCRYPTED = """
import sys
from pairset.sources.parquet import PARQUET_FILES
for found in PARQUET_FILES.walk(sys.argv[1]):
    print(found.content)
"""


@pytest.mark.parametrize("has_plain_footer", [False, True])
def test_an_encrypted_column_is_one_row(tmp_path: Path, has_plain_footer: bool) -> None:
    path = tmp_path / "rows.parquet"
    columns = {"column": ["image"]}
    how = encryption.EncryptionConfiguration(
        footer_key="footer", column_keys=columns, plaintext_footer=has_plain_footer
    )
    factory = encryption.CryptoFactory(lambda _: OpenKeys())
    keys = factory.file_encryption_properties(encryption.KmsConnectionConfig(), how)
    table = pa.table({"image": [b"1"]})
    with pq.ParquetWriter(path, table.schema, encryption_properties=keys) as writer:
        writer.write_table(table)
    words = [sys.executable, "-c", READ_ENCRYPTED, str(path)]
    run = subprocess.run(words, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    (line,) = run.stdout.splitlines()
    assert "crypt" in line


def test_rows_that_a_file_cannot_hold_are_not_counted_on(tmp_path: Path) -> None:
    rows = parquet_cells.ROWS_OF_A_SMALL_FILE
    path = write(tmp_path, {"image": pa.nulls(rows + 1, pa.binary())})
    assert Path(path).stat().st_size < rows
    (error,) = errors(found_in(path))
    assert error.code is ImageErrorCode.UNREADABLE
    assert f"promises {rows + 1} rows" in str(error)
