"""A set that somebody else wrote leads nobody anywhere: pointers, links, addresses, modes."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.evaluation.known_scenes import known_scenes
from pairset.app.cli import main
from pairset.decoding import ImageError
from pairset.errors import PairsetError
from pairset.files.damage import DamagedSetError, MissingRunError
from pairset.files.uris import open_file
from pairset.images import read_bytes
from pairset.records import Pair, rows_of, table_of
from pairset.rows.confidence_figures import read_confidence
from pairset.rows.set_documents import read_set_object
from pairset.store import PairSet, create_set, open_set
from tests.annotator.small_set import make_set

STARTER = ["--model", "starter", "--engine", "transformers"]


@pytest.fixture
def pair_set(tmp_path: Path) -> PairSet:
    return make_set(tmp_path, pairs=2)


def words_of(verb: str) -> list[str]:
    return STARTER if verb == "annotate" else []


@pytest.mark.parametrize("verb", ["status", "report", "annotate", "triage"])
def test_a_run_that_is_gone_is_named(
    pair_set: PairSet, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pointer = Path(pair_set.root, "pairs", "CURRENT")
    pointer.write_text("lost")

    assert main([verb, pair_set.url, *words_of(verb)]) == 1

    said = capsys.readouterr().err
    assert str(pointer) in said
    assert "the run lost" in said
    assert f"remove {pointer}" in said


@pytest.mark.parametrize("key", [b"../elsewhere", b"/etc", b"\xff", b"", b"a/b", b"..", b"a\0b"])
@pytest.mark.parametrize("verb", ["status", "annotate"])
def test_a_pointer_that_names_no_run_is_named(
    pair_set: PairSet, verb: str, key: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    pointer = Path(pair_set.root, "pairs", "CURRENT")
    pointer.write_bytes(key)

    assert main([verb, pair_set.url, *words_of(verb)]) == 1

    said = capsys.readouterr().err
    assert str(pointer) in said
    assert "not foreseen" not in said


@pytest.mark.parametrize("url", ["{folder}", "memory://begun-{name}"])
def test_a_run_may_be_followed_before_its_first_shard(tmp_path: Path, url: str) -> None:
    begun = create_set(url.format(folder=tmp_path / "set", name=tmp_path.name))
    begun.publish("annotations", "begun")
    current = begun.current("annotations")
    assert current is not None
    assert current.shards() == []


def test_annotating_mends_a_pointer_of_a_run_that_never_wrote_a_shard(pair_set: PairSet) -> None:
    pointer = Path(pair_set.root, "annotations", "CURRENT")
    pointer.parent.mkdir()
    pointer.write_text("killed")
    with pytest.raises(MissingRunError):
        pair_set.current("annotations")

    assert main(["annotate", pair_set.url, *STARTER]) == 0
    assert pair_set.current("annotations") is not None


def linked_out(root: Path, name: str) -> Path:
    """What lies there is put outside of the set, and a link in its place."""
    place = root / name
    outside = root.parent / "outside" / place.name
    outside.parent.mkdir()
    place.parent.mkdir(exist_ok=True)
    if not place.exists():
        place.mkdir()
    place.rename(outside)
    place.symlink_to(outside)
    return place


LINKS = ["pairs", "pairs/drawn", "pairs/drawn/00000.parquet", "pairs/CURRENT"]


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("verb", ["status", "report", "annotate"])
def test_a_link_out_of_the_set_is_not_read(
    pair_set: PairSet, name: str, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    link = linked_out(Path(pair_set.root), name)

    assert main([verb, pair_set.url, *words_of(verb)]) == 1

    said = capsys.readouterr().err
    assert f"{link} is a link that leads out of the set" in said


@pytest.mark.parametrize("name", ["annotations", "runs", "locks"])
def test_nothing_is_written_through_a_link(
    pair_set: PairSet, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    link = linked_out(Path(pair_set.root), name)

    assert main(["annotate", pair_set.url, *STARTER]) == 1

    assert str(link) in capsys.readouterr().err
    assert list(link.iterdir()) == []


def test_a_run_that_is_a_link_takes_no_shard(pair_set: PairSet, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    Path(pair_set.root, "pairs", "stolen").symlink_to(outside)
    with pytest.raises(DamagedSetError, match="leads out"):
        pair_set.stage("pairs", "stolen").write("00000", Pair.SCHEMA.empty_table())
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", ["agreement.json", "demo.json", "adapters/mine/card.json"])
def test_a_document_that_is_a_link_is_not_read(
    pair_set: PairSet, name: str, tmp_path: Path
) -> None:
    (tmp_path / "private.json").write_text('{"engine": "of mine"}')
    link = Path(pair_set.root, name)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "private.json")
    with pytest.raises(DamagedSetError, match="leads out of the set"):
        read_set_object(pair_set, str(link))


def test_a_set_may_be_reached_through_a_link_and_hold_links_of_its_own(
    pair_set: PairSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link").symlink_to(pair_set.root)
    inside = Path(pair_set.root, "pairs", "again")
    inside.symlink_to("drawn")
    Path(pair_set.root, "photos").symlink_to(tmp_path)  # the user's own
    (tmp_path / "link" / "pairs" / "CURRENT").write_text("again")

    assert main(["status", str(tmp_path / "link")]) == 0
    assert open_set(str(tmp_path / "link")).current("pairs") is not None


ELSEWHERE = [
    *("http://169.254.169.254/latest/meta-data", "https://example.org/a.jpg", "ftp://h/a.jpg"),
    *("ssh://h/a.jpg", "sftp://h/a.jpg", "smb://h/s/a.jpg", "github://o:r@/a.jpg", "hdfs://h/a"),
    *("simplecache::s3://b/a.jpg", "zip://a.jpg::http://h/a.zip", "s3://b/a::http://h/a.jpg"),
    *("data://text;base64,AA", "HTTP://h/a.jpg", "://a.jpg", "reference://a", "local://a"),
]


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_an_address_of_another_kind_is_not_asked(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(url: str) -> None:
        raise AssertionError(url)

    monkeypatch.setattr("pairset.files.uris.filesystem_of", never)
    with pytest.raises(OSError, match="images are read from files"):
        open_file(uri)
    with pytest.raises(ImageError, match="images are read from files"):
        read_bytes(uri)
    with pytest.raises(ImageError, match="images are read from files"):
        read_bytes(f"{uri}#row=1&column=image")


@pytest.mark.parametrize("corpus", ["http://127.0.0.1:9/photos", "simplecache::s3://b/photos"])
def test_a_corpus_there_is_refused(
    tmp_path: Path, corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mine", str(tmp_path / "set"), corpus]) == 2
    assert "Images are not read from" in capsys.readouterr().err


def test_a_strangers_pair_that_names_a_file_of_mine_shows_it_to_no_model(
    pair_set: PairSet, tmp_path: Path
) -> None:
    (tmp_path / "mine.png").write_bytes((tmp_path / "000-source.png").read_bytes() + b"private")
    stage = pair_set.stage("pairs", "drawn")
    read = rows_of(Pair, stage.read("00000"))
    rows = [replace(row, source_uri=str(tmp_path / "mine.png")) for row in read]
    stage.write("00000", table_of(Pair, rows))

    assert main(["annotate", pair_set.url, *STARTER]) == 1

    current = pair_set.current("annotations")
    assert current is not None
    codes = {row for table in current.tables() for row in table["error_code"].to_pylist()}
    assert codes == {"image_changed"}


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_no_other_user_writes_what_a_run_makes_or_reads_its_logs(pair_set: PairSet) -> None:
    assert main(["annotate", pair_set.url, *STARTER]) == 0

    root = Path(pair_set.root)
    names = ("runs", "logs", "locks", "annotations")
    made = [path for name in names for path in (root / name, *(root / name).rglob("*"))]
    assert [path for path in made if path.stat().st_mode & stat.S_IWOTH] == []
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (root / "logs").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((root / "logs").stat().st_mode) == 0o700


JUNK = [b"{", b"[]", b"\xff", b'{"engine": 1, "seconds": {"a": 1e999}}', b'{"a": NaN}']


@pytest.mark.parametrize("content", JUNK)
def test_a_demo_that_is_junk_is_named(
    pair_set: PairSet, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(pair_set.root, "demo.json")
    path.write_bytes(content)
    assert main(["report", pair_set.url]) == 1
    said = capsys.readouterr().err
    assert str(path) in said
    assert "not foreseen" not in said


@pytest.mark.parametrize("content", JUNK)
def test_confidence_that_is_junk_is_named(pair_set: PairSet, content: bytes) -> None:
    Path(pair_set.root, "confidence.json").write_bytes(content)
    with pytest.raises(DamagedSetError, match=r"confidence\.json.*pairset triage"):
        read_confidence(pair_set)


@pytest.mark.parametrize("card", [b"{", b'{"examples": "../../elsewhere"}', b'{"examples": 7}'])
def test_a_card_that_tells_nothing_is_named(pair_set: PairSet, card: bytes) -> None:
    path = Path(pair_set.root, "adapters", "mine", "card.json")
    path.parent.mkdir(parents=True)
    path.write_bytes(card)
    with pytest.raises(PairsetError, match=r"card\.json"):
        known_scenes(pair_set, "mine", [])
