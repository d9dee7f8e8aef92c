"""Every stage is a view, whether it has run or not; readers see what they should follow."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import fsspec
import pytest

from pairset.records import Embedding, Image, Verdict, table_of
from pairset.rows.tables import VIEWS, connect_tables, quoted
from pairset.store import PairSet, create_set


def ask(pair_set: PairSet, query: str) -> list[tuple[object, ...]]:
    with connect_tables(pair_set) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def remote_set() -> Iterator[PairSet]:
    """A set on another filesystem than the local one."""
    yield create_set("memory://bucket/set")
    fsspec.filesystem("memory").rm("/bucket", recursive=True)


@pytest.mark.parametrize("view", VIEWS)
def test_a_stage_that_has_not_run_is_a_view_without_rows(tmp_path: Path, view: str) -> None:
    columns = [column[0] for column in ask(create_set(str(tmp_path)), f"DESCRIBE {view}")]

    assert columns[: len(VIEWS[view].SCHEMA)] == VIEWS[view].SCHEMA.names
    assert ask(create_set(str(tmp_path)), f"SELECT count(*) FROM {view}") == [(0,)]


def test_rows_of_all_shards_are_there_and_plans_are_not(mined_set: PairSet) -> None:
    assert ask(mined_set, "SELECT count(*), count(DISTINCT uri) FROM images") == [(23, 22)]


def test_pairs_are_those_of_the_published_run(mined_set: PairSet) -> None:
    assert ask(mined_set, "SELECT count(*) FROM pairs WHERE status = 'kept'") == [(5,)]
    assert ask(mined_set, "SELECT count(*) FROM pairs WHERE status <> 'kept'") == [(10,)]


def test_pairs_that_nobody_published_are_not_read(mined_set: PairSet) -> None:
    mined_set.filesystem.rm(f"{mined_set.root}/pairs/CURRENT")

    assert ask(mined_set, "SELECT count(*) FROM pairs") == [(0,)]


def test_the_latest_attempt_is_the_annotation(annotated_set: PairSet) -> None:
    query = "SELECT attempt, error_code FROM annotations WHERE edit_type = 'add'"

    assert ask(annotated_set, query) == [(2, None)]
    assert ask(annotated_set, "SELECT count(*) FROM annotations") == [(5,)]


def test_annotations_are_those_of_the_annotator_to_follow(annotated_set: PairSet) -> None:
    other = annotated_set.stage("annotations", "other-run")
    shard = annotated_set.stage("annotations", "starter-run").read("00000")
    names = [f"other-{row}" for row in range(shard.num_rows)]
    other.write("00000", shard.set_column(0, shard.schema.field(0), [names]))
    annotated_set.publish("annotations", "other-run")

    assert ask(annotated_set, "SELECT count(*) FROM annotations") == [(5,)]
    assert ask(annotated_set, "SELECT count(*) FROM all_annotations") == [(10,)]


def test_embeddings_tell_their_encoder(tmp_path: Path) -> None:
    pair_set = create_set(str(tmp_path))
    for encoder in ("lite0", "dinov2"):
        stage = pair_set.stage("embeddings", encoder)
        stage.write("00000", table_of(Embedding, [Embedding("i", [0.5, 1.0])]))

    rows = ask(pair_set, "SELECT encoder, vector FROM embeddings ORDER BY encoder")

    assert rows == [("dinov2", [0.5, 1.0]), ("lite0", [0.5, 1.0])]


def test_a_shard_written_before_a_column_existed_is_still_read(tmp_path: Path) -> None:
    pair_set = create_set(str(tmp_path))
    table = table_of(Image, [Image("i", "a.jpg")])
    pair_set.stage("images").write("00000", table.drop_columns(["licence"]))

    assert ask(pair_set, "SELECT uri, licence FROM images") == [("a.jpg", None)]


@pytest.mark.parametrize("name", ["the user's set", "a*", "[ab]", "a?", "图", 'quo"te'])
def test_any_folder_name_is_read_and_nothing_beside_it(tmp_path: Path, name: str) -> None:
    for folder in (name, "a", "ab", "b"):
        stage = create_set(str(tmp_path / folder)).stage("images")
        stage.write("00000", table_of(Image, [Image("i", folder)]))

    assert ask(PairSet(str(tmp_path / name)), "SELECT uri FROM images") == [(name,)]


def test_a_remote_set_is_read_through_its_filesystem(remote_set: PairSet) -> None:
    remote_set.stage("images").write("00000", table_of(Image, [Image("i", "a.jpg")]))

    assert ask(remote_set, "SELECT uri FROM images") == [("a.jpg",)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('/etc/hosts')",
        "SET enable_external_access = true",
        "ATTACH '/tmp/elsewhere.duckdb'",
        "INSTALL httpfs",
    ],
)
def test_a_query_cannot_leave_the_set(mined_set: PairSet, query: str) -> None:
    with pytest.raises(duckdb.Error, match="configuration"):
        ask(mined_set, query)


def test_a_query_cannot_read_what_is_no_stage(mined_set: PairSet) -> None:
    secret = Path(mined_set.root, "review", "studio", "secrets.json")
    secret.parent.mkdir(parents=True)
    secret.write_text("{}")

    with pytest.raises(duckdb.Error, match="configuration"):
        ask(mined_set, f"SELECT * FROM read_text({quoted(str(secret))})")


def test_the_latest_revision_is_the_verdict_unless_it_withdrew_it(mined_set: PairSet) -> None:
    verdicts = [
        Verdict("edited", 1, "a", "p", "ann", "accept"),
        Verdict("edited", 2, "a", "p", "ann", "fix"),
        Verdict("gone", 1, "b", "p", "ann", "accept"),
        Verdict("gone", 2, "b", "p", "ann", "accept", withdrawn=True),
    ]
    mined_set.stage("verdicts", "reviews").write("00000", table_of(Verdict, verdicts))

    assert ask(mined_set, "SELECT verdict_id, decision FROM verdicts") == [("edited", "fix")]
    assert ask(mined_set, "SELECT count(*) FROM all_verdicts") == [(4,)]
