"""``pairset sql`` reads, in four formats, and explains a query it cannot answer."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pairset.cli import main
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
