"""The verb against a server written by hand: rows, resuming, retrying, stopping."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from annotator.annotate import annotate
from annotator.settings import AnnotateSettings
from pairset.app.cli import main
from pairset.errors import EngineDownError, MissingStageError, SettingsError
from pairset.outcome import NothingAnsweredError
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet, create_set
from tests.annotator.fake_server import FakeServer, Scripted, failure, raw_reply, reply
from tests.annotator.small_set import make_set, mine_again

Rows = list[dict[str, Any]]


def run(pair_set: PairSet, fake: FakeServer, **changes: object) -> Rows:
    values = {"server": fake.url, "pairs_per_shard": 2, "retries": 1, "concurrency": 1}
    annotate(AnnotateSettings(set_url=pair_set.url, **(values | changes)))
    return latest_annotations(pair_set).to_pylist()


def files_of(pair_set: PairSet) -> dict[Path, int]:
    """Shards of annotations, and when they were written."""
    shards = Path(pair_set.url, "annotations").glob("*/*.parquet")
    return {path: path.stat().st_mtime_ns for path in shards}


def test_every_kept_pair_gets_one_row(small_set: PairSet, fake: FakeServer) -> None:
    rows = run(small_set, fake)
    assert len(rows) == len({row["annotation_id"] for row in rows}) == 6
    assert len(files_of(small_set)) == 3
    row = rows[0]
    assert row["instruction_en"] == "Make the image brighter."
    assert "".join(row["tokens_zh"]) == "把画面调亮。"
    assert row["confidence"] == pytest.approx(pow(2.718281828, sum(row["logprobs_en"])))
    assert (row["engine"], row["model"], row["adapter"]) == ("server", "fake", None)
    assert (row["attempt"], row["error_code"]) == (1, None)


def test_running_again_asks_nothing(small_set: PairSet, fake: FakeServer) -> None:
    before = run(small_set, fake)
    asked, files = len(fake.requests), files_of(small_set)
    assert run(small_set, fake) == before
    assert len(fake.requests) == asked
    assert files_of(small_set) == files


def test_limit_stops_early_and_the_next_run_goes_on(small_set: PairSet, fake: FakeServer) -> None:
    assert len(run(small_set, fake, limit=3)) == 3
    files = files_of(small_set)
    assert len(run(small_set, fake)) == 6
    assert files.items() <= files_of(small_set).items()


BAD_REPLIES: list[tuple[str, Callable[[], Scripted]]] = [
    ("truncated", lambda: reply(finish_reason="length")),
    ("refused", lambda: raw_reply("", finish_reason="content_filter")),
    ("invalid_json", lambda: raw_reply("The image is brighter.")),
    ("invalid_reply", lambda: reply(edit_type="magic")),
    ("inconsistent", lambda: reply(is_changed=False)),
    ("request_rejected", lambda: failure(400)),
]


@pytest.mark.parametrize(("code", "bad"), BAD_REPLIES, ids=[code for code, _ in BAD_REPLIES])
def test_a_bad_reply_is_a_row_and_is_retried_on_request(
    small_set: PairSet, fake: FakeServer, code: str, bad: Callable[[], Scripted]
) -> None:
    fake.queue.append(bad())
    (failed,) = (row for row in run(small_set, fake) if row["error_code"])
    assert failed["error_code"] == code
    assert failed["error"]
    assert failed["instruction_en"] is None
    assert failed["confidence"] is None
    asked = len(fake.requests)

    run(small_set, fake)
    assert len(fake.requests) == asked, "failed rows wait for --retry-failed"

    rows = run(small_set, fake, retry_failed=True)
    assert len(fake.requests) == asked + 1
    assert len(rows) == 6
    (retried,) = (row for row in rows if row["annotation_id"] == failed["annotation_id"])
    assert (retried["attempt"], retried["error_code"]) == (2, None)


def test_the_raw_reply_of_a_failure_is_kept(small_set: PairSet, fake: FakeServer) -> None:
    fake.queue.append(raw_reply("The image is brighter."))
    (failed,) = (row for row in run(small_set, fake) if row["error_code"])
    assert failed["raw_reply"] == "The image is brighter."
    assert failed["finish_reason"] == "stop"


def test_unreadable_images_are_rows_and_are_not_asked(tmp_path: Path, fake: FakeServer) -> None:
    pair_set = make_set(tmp_path, pairs=3)
    (tmp_path / "000-source.png").write_bytes(b"no image")
    (tmp_path / "001-target.png").unlink()
    codes = sorted(str(row["error_code"]) for row in run(pair_set, fake))
    assert codes == ["None", "image_changed", "image_missing"]
    assert len(fake.requests) == 1


def test_damage_that_only_decoding_shows_is_found_before_anything_is_sent(
    tmp_path: Path, fake: FakeServer
) -> None:
    pair_set = make_set(tmp_path, pairs=1)
    path = tmp_path / "000-source.png"
    buffer = io.BytesIO()
    Image.open(path).save(buffer, "JPEG")
    content = bytearray(buffer.getvalue())
    huffman_counts = content.index(b"\xff\xc4") + 5
    content[huffman_counts : huffman_counts + 16] = b"\xff" * 16
    path.write_bytes(content)
    mine_again(pair_set)
    with pytest.raises(NothingAnsweredError, match="image_truncated"):
        run(pair_set, fake)
    (row,) = latest_annotations(pair_set).to_pylist()
    assert row["error_code"] == "image_truncated"
    assert fake.requests == []


def test_a_dead_server_stops_the_run_and_what_was_answered_stays(
    small_set: PairSet, fake: FakeServer
) -> None:
    def die() -> Scripted:
        fake.models_status = 503
        return failure(503)

    fake.queue.extend(reply() for _ in range(3))
    fake.otherwise = die
    with pytest.raises(EngineDownError):
        run(small_set, fake, pairs_per_shard=6)
    assert len(latest_annotations(small_set)) == 3
    fake.otherwise, fake.models_status = reply, 200
    rows = run(small_set, fake)
    assert len(rows) == 6
    assert not any(row["error_code"] for row in rows)


def test_other_prompts_give_other_annotations(small_set: PairSet, fake: FakeServer) -> None:
    full, brief = (run(small_set, fake, prompt=prompt) for prompt in ("full", "brief"))
    ids = [{row["annotation_id"] for row in rows} for rows in (full, brief)]
    assert not ids[0] & ids[1]
    assert full[0]["prompt_id"] != brief[0]["prompt_id"]


def test_large_images_are_scaled_down(tmp_path: Path, fake: FakeServer) -> None:
    pair_set = make_set(tmp_path, pairs=1, size=(400, 200))
    run(pair_set, fake, max_pixels=5_000)
    url = fake.requests[0]["messages"][0]["content"][0]["image_url"]["url"]
    with Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))) as image:
        assert image.size == (100, 50)


def test_the_settings_of_a_run_are_saved_without_the_token(
    small_set: PairSet, fake: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    run(small_set, fake, limit=1)
    saved = [path.read_text() for path in Path(small_set.url, "runs").glob("annotate-*.json")]
    assert json.loads(saved[0])["limit"] == 1
    assert "s3cret" not in "".join(saved)


def test_without_pairs_there_is_nothing_to_annotate(tmp_path: Path, fake: FakeServer) -> None:
    pair_set = create_set(str(tmp_path / "empty"))
    pair_set.save_run("mine", {})

    with pytest.raises(MissingStageError, match="pairset mine"):
        run(pair_set, fake)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"server": None, "engine": "server"}, "needs --server"),
        ({"spawn": True}, "choose one"),
        ({"engine": "transformers"}, "do not go with"),
    ],
)
def test_settings_that_contradict_each_other(
    small_set: PairSet, fake: FakeServer, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        run(small_set, fake, **changes)


def test_the_command_says_what_it_does(
    small_set: PairSet, fake: FakeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.queue.append(reply(finish_reason="length"))
    assert main(["annotate", small_set.url, "--server", fake.url]) == 0
    said = capsys.readouterr().out
    assert "6 of 6 kept pairs to annotate: fake through server, prompt full." in said
    assert "5 pairs annotated, 1 without an instruction. Reasons: 1 truncated." in said
    assert "--retry-failed" in said


def test_a_dead_server_is_exit_code_4(small_set: PairSet) -> None:
    assert main(["annotate", small_set.url, "--server", "http://127.0.0.1:9"]) == 4
