"""``pairset sql`` reads, in four formats, and explains a query it cannot answer."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pairset.app.cli import main
from pairset.records.pair import PairStatus
from pairset.store import PairSet

BY_STATUS = (
    "SELECT status, count(*) AS pairs FROM pairs GROUP BY status ORDER BY pairs DESC LIMIT 1"
)


def test_rows_are_a_table_to_read(mined_set: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", mined_set.url, BY_STATUS]) == 0

    (row,) = [line for line in capsys.readouterr().out.splitlines() if "kept" in line]
    assert row.strip("│").split() == ["kept", "│", "5"]


def test_rows_are_csv(mined_set: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", mined_set.url, BY_STATUS, "--format", "csv"]) == 0

    assert capsys.readouterr().out == "status,pairs\nkept,5\n"


def test_rows_are_json_with_nested_values(
    annotated_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    query = """
        SELECT change_box, instruction_zh FROM pairs JOIN annotations USING (pair_id)
        WHERE edit_type = 'add'
    """
    assert main(["sql", annotated_set.url, query, "--format", "json"]) == 0

    rows = json.loads(capsys.readouterr().out)
    assert rows == [{"change_box": [0, 0, 80, 60], "instruction_zh": "在左边加一个圆。"}]


def test_rows_go_to_a_parquet_file(mined_set: PairSet, tmp_path: Path) -> None:
    output = tmp_path / "rows.parquet"

    command = ["sql", mined_set.url, BY_STATUS, "--format", "parquet", "--output", str(output)]
    assert main(command) == 0

    assert pq.read_table(output).to_pylist() == [{"status": "kept", "pairs": 5}]


def test_parquet_without_a_file_is_refused(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", mined_set.url, BY_STATUS, "--format", "parquet"]) == 2
    assert "needs --output" in capsys.readouterr().err


def test_rows_go_to_a_text_file(mined_set: PairSet, tmp_path: Path) -> None:
    output = tmp_path / "rows.csv"

    assert main(["sql", mined_set.url, BY_STATUS, "--format", "csv", "--output", str(output)]) == 0

    assert output.read_text() == "status,pairs\nkept,5\n"


def test_a_folder_that_is_not_there_is_named(
    mined_set: PairSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("csv", "parquet"):
        output = str(tmp_path / "none" / "rows")
        command = ["sql", mined_set.url, BY_STATUS, "--format", form, "--output", output]
        assert main(command) == 2
        assert f"Cannot write {output}" in capsys.readouterr().err


def test_a_wrong_column_is_answered_with_all_columns(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", mined_set.url, "SELECT nonsense FROM pairs"]) == 2

    complaint = capsys.readouterr().err
    assert "nonsense" in complaint
    assert "pairs: pair_id, reverse_pair_id" in complaint
    assert "images: image_id, uri" in complaint


@pytest.mark.parametrize(
    "query",
    [
        "COPY (SELECT 1) TO '{set}/images/00000.parquet'",
        "SELECT 1; SELECT 2",
        "DROP VIEW pairs",
        "",
    ],
)
def test_anything_but_one_select_is_refused(
    mined_set: PairSet, query: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = mined_set.stage("images").read("00000")

    assert main(["sql", mined_set.url, query.format(set=mined_set.root.replace("'", "''"))]) == 2

    assert "exactly one SELECT" in capsys.readouterr().err
    assert mined_set.stage("images").read("00000") == before


@pytest.mark.parametrize("text", ["[/red]", "[bold]x", ":cat:", "[link=x]y[/link]"])
def test_square_brackets_are_shown_in_cells_and_names(
    text: str, mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", mined_set.url, f"SELECT '{text}' AS \"{text}\""]) == 0
    assert capsys.readouterr().out.count(text) == 2


def test_no_cell_commands_a_terminal(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    query = "SELECT chr(27) || ']0;x' || chr(7) || chr(8238) || chr(155) AS a, [chr(27)] AS b"
    for form in ("table", "json"):
        assert main(["sql", mined_set.url, query, "--format", form]) == 0
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(capsys.readouterr().out)


def test_csv_for_a_pipe_is_data(mined_set: PairSet, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", mined_set.url, "SELECT chr(27) AS a", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "a\n\x1b\n"


@pytest.mark.parametrize(("columns", "rows_on_end"), [("80", 1), ("200", 4)])
def test_a_wide_table_stands_on_end_and_fits(
    columns: str,
    rows_on_end: int,
    mined_set: PairSet,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    assert main(["sql", mined_set.url, "SELECT * FROM pairs"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    for name in ("pair_id", "ssim", "change_box", "status"):
        assert any(name in line.split() for line in lines)
    assert f"Row {rows_on_end}" in "".join(lines)
    assert f"{len(PairStatus) + 5 - 2 - rows_on_end} rows more" in lines[-1]


def test_two_columns_of_one_name_are_both_there(
    mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", mined_set.url, "SELECT 1 AS a, 2 AS a", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"a": 1, "a_1": 2}]


@pytest.mark.parametrize(
    "value",
    [
        *("'infinity'::TIMESTAMP", "'290000-01-01'::TIMESTAMP", "INTERVAL 1 YEAR"),
        *("'nan'::DOUBLE", "'\\xff'::BLOB", "MAP {'a': 1}"),
        "170141183460469231731687303715884105727::HUGEINT",
    ],
)
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_every_value_of_duckdb_can_be_written(
    value: str, form: str, mined_set: PairSet, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", mined_set.url, f"SELECT {value} AS v", "--format", form]) == 0
    said = capsys.readouterr().out
    assert form != "json" or "v" in json.loads(said, parse_constant=pytest.fail)[0]
