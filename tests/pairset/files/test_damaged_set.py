"""Files of a set that somebody else wrote, or that were cut: a sentence that names them."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairset.app.cli import main
from pairset.store import PairSet
from tests.annotator.small_set import make_set


def junk_shard(root: Path) -> Path:
    path = root / "pairs" / "drawn" / "00000.parquet"
    path.write_bytes(b"PAR1 junk PAR1")
    return path


def other_columns(root: Path) -> Path:
    path = root / "pairs" / "drawn" / "00000.parquet"
    pq.write_table(pa.table({"pair_id": [1, 2], "status": [["kept"], ["kept"]]}), path)
    return path


def pointer_of_no_unicode(root: Path) -> Path:
    path = root / "pairs" / "CURRENT"
    path.write_bytes(b"\xff\xfe")
    return path


def demo_of(content: bytes) -> Callable[[Path], Path]:
    def write(root: Path) -> Path:
        (root / "demo.json").write_bytes(content)
        return root / "demo.json"

    return write


def agreement(root: Path) -> Path:
    (root / "agreement.json").write_bytes(b'{"group": [1]}')
    return root / "agreement.json"


@pytest.fixture
def pair_set(tmp_path: Path) -> PairSet:
    return make_set(tmp_path, pairs=2)


@pytest.mark.parametrize("verb", ["status", "report", "annotate"])
@pytest.mark.parametrize("damage", [junk_shard, pointer_of_no_unicode])
def test_a_damaged_table_or_pointer_is_named(
    pair_set: PairSet, verb: str, damage: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = damage(Path(pair_set.root))
    words = ["--model", "starter", "--engine", "transformers"] if verb == "annotate" else []

    assert main([verb, pair_set.url, *words]) == 1

    said = capsys.readouterr().err
    assert path.name in said
    assert "not foreseen" not in said


@pytest.mark.parametrize("damage", [demo_of(b"["), demo_of(b"[1]"), demo_of(b'{"seconds": 7}')])
def test_a_damaged_document_is_named_by_the_page(
    pair_set: PairSet, damage: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = damage(Path(pair_set.root))

    assert main(["report", pair_set.url]) == 1

    said = capsys.readouterr().err
    assert str(path) in said
    assert "not foreseen" not in said


@pytest.mark.parametrize("damage", [other_columns, agreement])
@pytest.mark.parametrize("verb", ["status", "report"])
def test_tables_and_documents_of_other_types_are_nothing_unforeseen(
    pair_set: PairSet, verb: str, damage: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    damage(Path(pair_set.root))
    main([verb, pair_set.url])
    assert "not foreseen" not in capsys.readouterr().err
